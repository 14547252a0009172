import type { Mood } from "./answers.ts"
import type { Chance } from "./chance.ts"
import { planEvents, type PlannedEvent } from "./events.ts"
import type { Rates } from "./faults.ts"

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Probabilities of what befalls a message, an invocation, or a call. */
export type Weather = {
  calls: Rates
  /** An invocation dies at one of its awaits. */
  crash: number
  /** SQS hands a message to two receivers at once. */
  twice: number
  /** SQS hands out once more, up to two days later, what was deleted long ago. */
  late: number
  /** The work is done, but the deletion is lost. */
  undeleted: number
  /** The batch is received and nobody ever works on it. */
  dropped: number
}

export type PlannedEndpoint = {
  /** After the start, in ms. */
  at: number
  eventTypes: string[] | null
  statuses: number[] | null
  rateLimit: number | null
  signing: "hmac" | "ed25519"
  order: "any" | "latest"
  isDisabled: boolean
  mood: Mood
}

export type PlannedAction = { at: number } & (
  | { kind: "mood"; endpoint: number; mood: Mood }
  | { kind: "disable" | "enable" | "delete" | "recover"; endpoint: number }
  | { kind: "retry" }
  | { kind: "replay" }
)

export type Plan = {
  weather: Weather
  /** After the start, in ms: from then on a quarter of it is left, so that a history comes to its end. */
  clearsAt: number
  isCalm: boolean
  isOverHttp: boolean
  endpoints: PlannedEndpoint[]
  events: PlannedEvent[]
  actions: PlannedAction[]
}

/** `events`: how many at once, for a history that is a flood; else a handful, over minutes or days. */
export type Size = { events?: number | undefined }

export function makePlan(chance: Chance, { events: flood }: Size = {}): Plan {
  const temper = chance.of("temper")
  const isCalm = temper < 0.12
  const weather = makeWeather(chance, isCalm ? 0 : temper < 0.75 ? 1 : 2, flood !== undefined)
  const span = chance.pick([MINUTE, 10 * MINUTE, 10 * MINUTE, 5 * HOUR, 3 * DAY, 7 * DAY], "span")
  const endpoints = Array.from(
    { length: flood ? 1 : chance.pick([1, 1, 2, 2, 3], "endpoints") },
    (_, index) => planEndpoint(chance, index, span, flood !== undefined),
  )
  const actions = flood ? [] : planActions(chance, endpoints, span)
  // Each event that an endpoint refuses for days costs ten attempts, and each of those a minute's probe.
  const isSick = actions.some((each) => each.kind === "mood" && each.mood === "dead")
  const areFew = (isSick || endpoints.some(({ mood }) => mood === "dead")) && chance.is(0.9, "few")
  const most = areFew ? 2 : 12
  const count = flood ?? 1 + Math.floor(chance.of("events") ** 2 * most)
  return {
    weather,
    clearsAt: span + chance.between(0, 6 * HOUR, "clears"),
    isCalm,
    isOverHttp: flood === undefined && chance.is(0.15, "http"),
    endpoints,
    events: planEvents(chance, count, flood ? MINUTE : span, isCalm),
    actions,
  }
}

function makeWeather(chance: Chance, strength: number, isFlood: boolean): Weather {
  const upTo = (most: number, name: string) => strength * most * chance.of("weather", name)
  // In a flood the batches are full, and a crash costs ten messages their turn.
  const crash = isFlood ? 0.02 : 0.1
  return {
    calls: {
      unsent: upTo(0.02, "unsent"),
      lost: upTo(0.02, "lost"),
      partial: upTo(0.06, "partial"),
      unsentRetried: upTo(0.02, "unsentRetried"),
      lostRetried: upTo(0.02, "lostRetried"),
      throttled: upTo(0.03, "throttled"),
    },
    crash: upTo(crash, "crash") * 2,
    twice: upTo(0.08, "twice"),
    late: upTo(0.04, "late"),
    undeleted: upTo(0.05, "undeleted"),
    dropped: upTo(0.04, "dropped"),
  }
}

/** What of the weather is left at that time. */
export function weatherAt({ weather, clearsAt }: Plan, elapsedMs: number): Weather {
  if (elapsedMs < clearsAt) return weather
  const less = (rates: Record<string, number>) =>
    Object.fromEntries(Object.entries(rates).map(([name, rate]) => [name, rate / 4]))
  const { calls, ...rest } = weather
  return { calls: less(calls), ...less(rest) } as Weather
}

function planEndpoint(
  chance: Chance,
  index: number,
  span: number,
  isFlood: boolean,
): PlannedEndpoint {
  const of = (name: string) => chance.of("endpoint", index, name)
  const isLater = index > 0 && of("later") < 0.2
  return {
    at: isLater ? Math.floor(of("at") * span) : 0,
    eventTypes: isFlood
      ? null
      : chance.pick(
          [
            null,
            null,
            null,
            ["campaign.*"],
            ["*"],
            ["dlma.deleted", "delivery.exhausted", "endpoint.disabled"],
          ],
          "types",
          index,
        ),
    statuses: !isFlood && of("statuses") < 0.1 ? [0, 1] : null,
    // Half a request a second parks what comes together; fifty are waited for.
    rateLimit: isFlood
      ? null
      : chance.pick([null, null, null, null, null, null, 0.5, 50], "rate", index),
    signing: of("signing") < 0.15 ? "ed25519" : "hmac",
    order: of("order") < 0.3 ? "latest" : "any",
    isDisabled: !isFlood && of("disabled") < 0.04,
    mood: moodOf(of("mood"), isFlood),
  }
}

function moodOf(at: number, isFlood: boolean): Mood {
  if (isFlood) return at < 0.85 ? "well" : "moody"
  if (at < 0.55) return "well"
  return at < 0.85 ? "moody" : at < 0.97 ? "dead" : "gone"
}

function planActions(chance: Chance, endpoints: PlannedEndpoint[], span: number): PlannedAction[] {
  const actions: PlannedAction[] = []
  const some = (
    probability: number,
    name: string,
    make: (at: number, endpoint: number) => PlannedAction,
  ) => {
    for (let turn = 0; chance.is(probability, "act", name, turn); turn++) {
      const at = Math.floor(chance.of("act at", name, turn) * (span + 6 * HOUR))
      actions.push(make(at, chance.between(0, endpoints.length - 1, "act on", name, turn)))
    }
  }
  some(0.12, "disable", (at, endpoint) => {
    const until = at + chance.between(1, 8 * HOUR, "disabled for", at)
    if (chance.is(0.7, "enabled again", at)) actions.push({ kind: "enable", at: until, endpoint })
    if (chance.is(0.5, "recovered", at))
      actions.push({ kind: "recover", at: until + 20 * SECOND, endpoint })
    return { kind: "disable", at, endpoint }
  })
  some(0.06, "delete", (at, endpoint) => ({ kind: "delete", at, endpoint }))
  some(0.15, "recover", (at, endpoint) => ({ kind: "recover", at, endpoint }))
  some(0.2, "retry", (at) => ({ kind: "retry", at }))
  some(0.15, "replay", (at) => ({ kind: "replay", at }))
  endpoints.forEach(({ mood }, endpoint) => {
    if (mood === "well" && chance.is(0.2, "falls ill", endpoint)) {
      const at = chance.between(0, span, "ill at", endpoint)
      actions.push({ kind: "mood", at, endpoint, mood: "dead" })
    }
    // Most recover some time: within minutes, hours, or long after their deliveries have failed.
    if (chance.is(0.75, "heals", endpoint)) {
      const longest = chance.pick([10 * MINUTE, 3 * HOUR, DAY, 5 * DAY], "ill for", endpoint)
      const at = span + chance.between(0, longest, "heals at", endpoint)
      actions.push({ kind: "mood", at, endpoint, mood: "well" })
      if (chance.is(0.3, "recovered at last", endpoint)) {
        actions.push({ kind: "enable", at: at + MINUTE, endpoint })
        actions.push({ kind: "recover", at: at + 2 * MINUTE, endpoint })
      }
    }
  })
  return actions.sort((a, b) => a.at - b.at)
}
