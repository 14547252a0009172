import fc from "fast-check"

const SECOND = 1_000
const MINUTE = 60 * SECOND

/** Clocks that are further off than this belong to a class of their own: there gaps may be told too much. */
export const SKEW_BOUND_MS = 30 * SECOND

/** What happens so long after the step before it. */
export type Step = { afterMs: number } & Deed
export type Deed =
  | { do: "act"; which: number }
  | { do: "burst"; which: number; count: number }
  | { do: "pbx.kill"; downMs: number; moduleMs: number; isReset: boolean }
  | { do: "pbx.stop"; downMs: number; moduleMs: number; isRestart: boolean }
  | { do: "pbx.die-in-list"; rows: number; downMs: number; moduleMs: number }
  | { do: "pbx.freeze"; ms: number }
  | { do: "pbx.unload"; ms: number }
  | { do: "cut"; who: number }
  | { do: "kill"; who: number; downMs: number }
  | { do: "stop"; who: number; downMs: number }
  | { do: "freeze"; who: number; ms: number }
  | { do: "check"; who: number }
  | { do: "fill-disk"; who: number; ms: number }
  | { do: "queue.away"; ms: number }

export type Plan = {
  /** Chance within the history: latencies, jitter, what the queue does. */
  seed: number
  version: 13 | 22
  hasTimestamps: boolean
  /** How far each collector's clock is ahead of the PBX's; as many as there are collectors. */
  skewsMs: number[]
  steps: Step[]
}

const upTo = (max: number) => fc.integer({ min: 0, max })
const between = (min: number, max: number) => fc.integer({ min, max })
const pause = fc.oneof(
  { weight: 4, arbitrary: upTo(300) },
  { weight: 4, arbitrary: upTo(8 * SECOND) },
  { weight: 1, arbitrary: upTo(MINUTE) },
)
const length = fc.oneof(
  { weight: 2, arbitrary: between(10, 3 * SECOND) },
  { weight: 3, arbitrary: between(SECOND, 25 * SECOND) },
  { weight: 1, arbitrary: between(20 * SECOND, 3 * MINUTE) },
)
const moduleMs = fc.oneof(
  { weight: 2, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: upTo(15 * SECOND) },
)
const who = upTo(1)
const which = upTo(10_000)

const deeds: Record<Deed["do"], [weight: number, rest: Record<string, fc.Arbitrary<unknown>>]> = {
  act: [30, { which }],
  burst: [6, { which, count: between(2, 12) }],
  "pbx.kill": [3, { downMs: length, moduleMs, isReset: fc.boolean() }],
  "pbx.stop": [2, { downMs: length, moduleMs, isRestart: fc.boolean() }],
  "pbx.die-in-list": [2, { rows: upTo(3), downMs: length, moduleMs }],
  "pbx.freeze": [2, { ms: length }],
  "pbx.unload": [2, { ms: length }],
  cut: [4, { who }],
  kill: [4, { who, downMs: length }],
  stop: [4, { who, downMs: length }],
  freeze: [2, { who, ms: length }],
  check: [2, { who }],
  "fill-disk": [2, { who, ms: length }],
  "queue.away": [2, { ms: length }],
}

const step = fc
  .oneof(
    ...Object.entries(deeds).map(([name, [weight, rest]]) => ({
      weight,
      arbitrary: fc.record({ afterMs: pause, do: fc.constant(name), ...rest }),
    })),
  )
  .map((made) => made as unknown as Step)

const skewMs = fc.oneof(
  { weight: 4, arbitrary: fc.constant(0) },
  { weight: 5, arbitrary: between(-SKEW_BOUND_MS, SKEW_BOUND_MS) },
  { weight: 1, arbitrary: between(-180 * MINUTE, 180 * MINUTE) },
)

/** All histories. */
export const plans: fc.Arbitrary<Plan> = fc.record({
  seed: fc.nat(),
  version: fc.constantFrom(22, 13),
  hasTimestamps: fc.oneof(
    { weight: 5, arbitrary: fc.constant(true) },
    { weight: 1, arbitrary: fc.constant(false) },
  ),
  skewsMs: fc.array(skewMs, { minLength: 1, maxLength: 2, size: "max" }),
  steps: fc.array(step, { minLength: 1, maxLength: 40, size: "max" }),
})

/** The plan of a seed. */
export const planOf = (seed: number): Plan => fc.sample(fc.noBias(plans), { seed, numRuns: 1 })[0]!

/** The same with the dialler's module always there. */
export const plainOf = ({ steps, ...rest }: Plan): Plan => ({
  ...rest,
  steps: steps
    .filter((step) => step.do !== "pbx.unload")
    .map((step) => ("moduleMs" in step ? { ...step, moduleMs: 0 } : step)),
})

/** A plan as a person reads it, and as a regression test may hold it. */
export function formatPlan({ steps, ...rest }: Plan): string {
  const lines = steps.map((each) => `    ${JSON.stringify(each)},`)
  return `${JSON.stringify(rest).slice(0, -1)},"steps":[\n${lines.join("\n")}\n]}`
}
