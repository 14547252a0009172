import { setTimeout as wait } from "node:timers/promises"
import { answer, startReceiver, type TestReceiver } from "../harness/receiver.ts"
import { makeDir } from "../harness/directory.ts"
import { startRingback } from "../harness/ringback.ts"
import { until } from "../harness/until.ts"
import { makeChance } from "./chance.ts"
import { Feeder } from "./feeder.ts"

type Ringback = Awaited<ReturnType<typeof startRingback>>
type Kept = {
  id: string
  eventId: string
  eventType: string
  status: string
  attemptCount: number
}

export type Killed = {
  kills: number
  events: number
  /** Dialings all of whose events were acknowledged: each started and completed once, answered only if so. */
  calls: number
  delivered: number
  /** Failed once at a bad moment: the net under the lost message lifts them a quarter of an hour later. */
  pending: number
  posts: number
  duplicates: number
  lost: string[]
}

const ENDPOINTS = 2
const SETTLES_WITHIN_SECONDS = 240

/** `npm start` in a process of its own, killed again and again while collectors send: nothing acknowledged may be lost. */
export async function runKills({
  kills,
  events,
  seed,
}: {
  kills: number
  events: number
  seed: number
}) {
  const cleanings: (() => void | Promise<void>)[] = []
  const context = { after: (clean: () => void | Promise<void>) => void cleanings.unshift(clean) }
  try {
    const chance = makeChance(seed)
    const receiver = await startReceiver((_, response) => {
      // A few fail, so that retries are under way when the end comes.
      if (!chance.is(0.06, "fails", receiver.arrived.length)) answer(response, 204)
      else if (chance.is(0.5, "how", receiver.arrived.length)) answer(response, 500)
      else response.socket?.resetAndDestroy()
    })
    context.after(() => receiver.close())
    const env = { RINGBACK_DATA_DIR: makeDir(), RINGBACK_DEMO: "0" }
    let ringback = await startRingback(context, env)
    const { tenant, token } = await makeTenant(ringback, receiver)
    const feeder = new Feeder(token)
    for (let turn = 0; turn < kills; turn++) {
      const feeding = feeder.feed(ringback.ready.ingestQueueUrl, Math.ceil(events / kills))
      await wait(chance.between(100, 2500, "kill", turn))
      await ringback.kill("SIGKILL")
      await feeding
      ringback = await startRingback(context, env)
    }
    // What the collector has no answer for, it sends again.
    await feeder.feed(ringback.ready.ingestQueueUrl, 0)
    return await settle(ringback, tenant, feeder, receiver, kills)
  } finally {
    for (const clean of cleanings) await clean()
  }
}

async function makeTenant({ call }: Ringback, receiver: TestReceiver) {
  const { id: tenant } = await call<{ id: string }>("POST", "/tenants", { name: "acme" })
  const path = `/tenants/${tenant}`
  const { token } = await call<{ token: string }>("POST", `${path}/sources`, { name: "pbx" })
  for (let index = 0; index < ENDPOINTS; index++) {
    await call("POST", `${path}/endpoints`, {
      url: `${receiver.url}${index}`,
      eventTypes: ["campaign.*"],
    })
  }
  await call("POST", `${path}/endpoints`, { url: `${receiver.url}calls`, eventTypes: ["call.*"] })
  return { tenant, token }
}

async function settle(
  ringback: Ringback,
  tenant: string,
  feeder: Feeder,
  receiver: TestReceiver,
  kills: number,
): Promise<Killed> {
  const expected = feeder.acknowledged.size * ENDPOINTS
  let kept: Kept[] = []
  let told: Told[] = []
  const isSettled = async () => {
    const all = await listAll<Kept>(ringback, `/tenants/${tenant}/deliveries`)
    kept = all.filter(({ eventType }) => !eventType.startsWith("call."))
    told = await callEvents(ringback, tenant)
    const isDone = ({ status, attemptCount }: Kept) => status !== "pending" || attemptCount > 0
    await wait(500)
    const ended = told.filter(({ type }) => type === "call.completed").length
    return kept.length >= expected && all.every(isDone) && ended >= feeder.calls.size
  }
  const what = "every acknowledged event is delivered, or waits after a failure"
  await until(isSettled, { seconds: SETTLES_WITHIN_SECONDS, what }).catch(() => {})
  const killed = balance(kept, feeder, receiver, kills)
  const problems = callProblems(told, feeder, receiver)
  return { ...killed, calls: feeder.calls.size, lost: [...killed.lost, ...problems] }
}

type Told = { id: string; type: string; data: { uuid: string } }

async function callEvents(ringback: Ringback, tenant: string): Promise<Told[]> {
  const types = ["call.started", "call.answered", "call.completed"]
  const lists = await Promise.all(
    types.map((type) => listAll<Told>(ringback, `/tenants/${tenant}/events?type=${type}`)),
  )
  return lists.flat()
}

/** Of each dialing one start and one end were told, and an answer only of those that were answered. */
function callProblems(told: Told[], feeder: Feeder, receiver: TestReceiver): string[] {
  const problems: string[] = []
  const ofUuid = Map.groupBy(told, ({ data }) => data.uuid)
  for (const [uuid, isAnswered] of feeder.calls) {
    const types = (ofUuid.get(uuid) ?? []).map(({ type }) => type).toSorted()
    const due = [...(isAnswered ? ["call.answered"] : []), "call.completed", "call.started"]
    if (types.join() !== due.join()) problems.push(`the call ${uuid} was told as ${types.join()}`)
  }
  const arrived = receiver.arrived.filter(({ path }) => path === "/calls")
  const known = new Set(told.map(({ id }) => id))
  const bodies = Map.groupBy(arrived, ({ webhook }) => webhook.id)
  for (const [id, all] of bodies) {
    if (!known.has(id)) problems.push(`${id} arrived and is not on record`)
    if (new Set(all.map(({ body }) => body)).size > 1) problems.push(`${id} came in two versions`)
  }
  return problems
}

function balance(
  kept: Kept[],
  feeder: Feeder,
  receiver: TestReceiver,
  kills: number,
): Omit<Killed, "calls"> {
  const count = (wanted: string) => kept.filter(({ status }) => status === wanted).length
  const receipts = new Map<string, number>()
  const events = receiver.arrived.filter(({ path }) => path !== "/calls")
  for (const { path, webhook } of events) {
    const name = `${webhook.data["uuid"] as string} at ${path}`
    receipts.set(name, (receipts.get(name) ?? 0) + 1)
  }
  const waiting = kept.length - count("delivered")
  const missing = [...feeder.acknowledged]
    .flatMap((uuid) => Array.from({ length: ENDPOINTS }, (_, index) => `${uuid} at /${index}`))
    .filter((name) => !receipts.has(name))
  const lost = missing.map((name) => `no webhook for ${name}`)
  const expected = feeder.acknowledged.size * ENDPOINTS
  if (kept.length < expected) lost.push(`${kept.length} deliveries on record, not ${expected}`)
  if (waiting !== count("pending"))
    lost.push(`${waiting - count("pending")} are neither delivered nor pending`)
  const posts = events.length
  return {
    kills,
    events: feeder.acknowledged.size,
    delivered: count("delivered"),
    pending: count("pending"),
    posts,
    duplicates: posts - receipts.size,
    lost,
  }
}

async function listAll<Item>({ call }: Ringback, path: string): Promise<Item[]> {
  const all: Item[] = []
  let cursor: string | null = null
  do {
    const query: string = cursor === null ? "" : `&cursor=${cursor}`
    const start = `${path}${path.includes("?") ? "&" : "?"}limit=250${query}`
    const page: { data: Item[]; nextCursor: string | null } = await call("GET", start)
    all.push(...page.data)
    cursor = page.nextCursor
  } while (cursor !== null)
  return all
}
