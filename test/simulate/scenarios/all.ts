import type { Result } from "../result.ts"
import { runDue } from "./due.ts"
import { runOutage } from "./outage.ts"
import { runSteady } from "./steady.ts"

export type Scenario = {
  title: string
  /** `scale`: 1 as it stands in infra/SCALE.md, less for a quick look. */
  run: (seed: number, scale?: number) => Result
}

const atLeast = (least: number, value: number) => Math.max(least, Math.round(value))

const hundred: Scenario = {
  title: "100 PBXs",
  run: (seed, scale = 1) =>
    runSteady({
      seed,
      pbxs: 100,
      perSecond: 100,
      seconds: atLeast(20, 300 * scale),
      settingsText: "as they are by default, and nothing ran before",
      isBusy: false,
    }),
}

const tenThousand: Scenario = {
  title: "10,000 PBXs",
  run: (seed, scale = 1) =>
    runSteady({
      seed,
      pbxs: atLeast(100, 10_000 * scale),
      perSecond: atLeast(100, 10_000 * scale),
      // The announced changes of the last minute are read again and again: it takes that long until all are there.
      seconds: 80,
      settings: {
        concurrency: { Ingest: 100, Delivery: 900, Retry: 300 },
        warmWriteUnits: 40_000,
        warmReadUnits: 40_000,
        accountConcurrency: 1_500,
      },
      settingsText:
        "Ingest 100, Delivery 900, Retry 300, a quota of 1,500 instances, a table warm for 40,000 writes and reads a second; busy before",
    }),
}

// A minute of it, with 1.4 webhooks of each event.
const million: Scenario = {
  title: "1,000,000 webhooks a minute",
  run: (seed, scale = 1) =>
    runSteady({
      seed,
      pbxs: atLeast(100, 11_905 * scale),
      perSecond: atLeast(100, 11_905 * scale),
      seconds: 60,
      settings: {
        concurrency: { Ingest: 120, Delivery: 1_000, Retry: 400 },
        warmWriteUnits: 60_000,
        warmReadUnits: 60_000,
        accountConcurrency: 2_000,
      },
      settingsText:
        "Ingest 120, Delivery 1,000, Retry 400, a quota of 2,000 instances, a table warm for 60,000 writes and reads a second (the table's quota of 40,000 raised); busy before",
    }),
}

const outage: Scenario = {
  title: "A vendor with 30 % of all endpoints is away for six hours",
  run: (seed, scale = 1) =>
    runOutage({
      seed,
      pbxs: 100,
      perSecond: 20,
      awaySeconds: atLeast(600, 6 * 3600 * scale),
      vendorShare: 0.3,
      vendorPerSecond: 2_000,
      settings: {
        concurrency: { Retry: 150, Jobs: 20 },
        warmWriteUnits: 20_000,
        warmReadUnits: 20_000,
      },
      settingsText:
        "Retry 150, Jobs 20, a table warm for 20,000 writes and reads a second, the rest as it is by default; busy before",
    }),
}

const due: Scenario = {
  title: "1,000,000 retries of one vendor are due at once",
  run: (seed, scale = 1) =>
    runDue({
      seed,
      pbxs: 500,
      perSecond: 20,
      due: atLeast(10_000, 1_000_000 * scale),
      vendorShare: 0.3,
      vendorPerSecond: 5_000,
      others: 600,
      settings: { concurrency: { Retry: 150 }, warmWriteUnits: 40_000, warmReadUnits: 40_000 },
      settingsText:
        "Retry 150, a table warm for 40,000 writes and reads a second, the rest as it is by default; busy before",
    }),
}

export const scenarios = {
  hundred,
  tenThousand,
  million,
  outage,
  due,
} satisfies Record<string, Scenario>

export type ScenarioName = keyof typeof scenarios
export const scenarioNames = Object.keys(scenarios) as ScenarioName[]
