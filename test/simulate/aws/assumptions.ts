// What the models take for granted. `documented`: AWS says so in its public pages, read in November 2026. `measured`: on a
// laptop, for infra/COST.md. `assumed`: nothing that anybody measured for Ringback; the figures depend on it.

import { coreMegabytes, megabytes } from "../../../infra/facts.ts"
import { CPU_MS } from "../../../infra/unit-costs.ts"

export type Basis = "documented" | "measured" | "assumed"

type Assumption = { value: number; unit: string; basis: Basis; what: string }

export const assumptions = {
  pollersAtFirst: {
    value: 5,
    unit: "batches",
    basis: "documented",
    what: "that Lambda reads from a queue at once to begin with",
  },
  pollersMoreASecond: {
    value: 5,
    unit: "batches",
    basis: "documented",
    what: "more each second while messages wait (300 a minute), up to the mapping's maximum",
  },
  noisyShare: {
    value: 0.1,
    unit: "of a queue's messages in flight",
    basis: "documented",
    what: "above which a fair queue takes others' messages first",
  },
  noisyMessages: {
    value: 30,
    unit: "messages in flight",
    basis: "documented",
    what: "below which it never does",
  },
  keyWriteUnits: {
    value: 1_000,
    unit: "write units a second",
    basis: "documented",
    what: "that one partition key takes; no key is split, which DynamoDB may do",
  },
  keyReadUnits: {
    value: 3_000,
    unit: "read units a second",
    basis: "documented",
    what: "that one partition key gives",
  },
  tableWriteUnits: {
    value: 4_000,
    unit: "write units a second",
    basis: "documented",
    what: "of a new table without warm throughput; then twice the highest minute, anew each half hour",
  },
  tableReadUnits: {
    value: 12_000,
    unit: "read units a second",
    basis: "documented",
    what: "of a new table, likewise",
  },
  accountConcurrency: {
    value: 1_000,
    unit: "instances",
    basis: "documented",
    what: "of all functions of an account, by default",
  },
  ingestCores: {
    value: megabytes.ingest / coreMegabytes,
    unit: "cores",
    basis: "documented",
    what: "of the function Ingest with its memory",
  },
  deliverCores: {
    value: megabytes.deliver / coreMegabytes,
    unit: "cores",
    basis: "documented",
    what: "of Deliver",
  },
  jobsCores: {
    value: megabytes.jobs / coreMegabytes,
    unit: "cores",
    basis: "documented",
    what: "of Jobs, and of Release",
  },
  ingestCpuMs: {
    value: CPU_MS.event,
    unit: "ms of CPU",
    basis: "measured",
    what: "to ingest one event, on a whole core of a laptop",
  },
  deliverCpuMs: {
    value: CPU_MS.delivery,
    unit: "ms of CPU",
    basis: "measured",
    what: "to deliver one webhook, likewise",
  },
  claimCpuMs: {
    value: 0.6,
    unit: "ms of CPU",
    basis: "assumed",
    what: "to claim one due delivery and to send its message, on a whole core",
  },
  coldStartMs: {
    value: 700,
    unit: "ms",
    basis: "assumed",
    what: "until a new instance handles its first batch",
  },
  idleInstanceMs: {
    value: 600_000,
    unit: "ms",
    basis: "assumed",
    what: "after which an idle instance is gone",
  },
  instanceAgeMs: {
    value: 3_600_000,
    unit: "ms",
    basis: "assumed",
    what: "that instances have worked where a load was there before, for the greatest tenant",
  },
  sqsMs: {
    value: 12,
    unit: "ms",
    basis: "assumed",
    what: "for one request to SQS, and from a send until a poller has the message",
  },
  edgeMs: {
    value: 60,
    unit: "ms",
    basis: "assumed",
    what: "from reading the PBX event to SQS accepting it: spool, linger, and the way from the site to AWS",
  },
  tableMs: {
    value: 6,
    unit: "ms",
    basis: "assumed",
    what: "for one request to DynamoDB",
  },
  throttlePatienceMs: {
    value: 500,
    unit: "ms",
    basis: "assumed",
    what: "that the SDK's three attempts sit out a throttle; longer, and the message comes back after its visibility timeout",
  },
  deathsABatch: {
    value: 1e-5,
    unit: "of batches",
    basis: "assumed",
    what: "whose instance dies before it has done anything: they are visible again after their time",
  },
  receiverMedianMs: {
    value: 150,
    unit: "ms",
    basis: "assumed",
    what: "median of a receiver's answers; of receivers among each other, and of one's answers, lognormal with sigma 0.5",
  },
  slowReceivers: {
    value: 0.01,
    unit: "of endpoints",
    basis: "assumed",
    what: "that take 3 s to answer",
  },
  strayFailures: {
    value: 0.002,
    unit: "of attempts",
    basis: "assumed",
    what: "that fail at a receiver that is well",
  },
  eventsAPbx: {
    value: 1,
    unit: "events a second",
    basis: "assumed",
    what: "that a PBX tells in its busiest hour: about ten calls a minute, of six events each",
  },
  pbxsOfTenant: {
    value: 3,
    unit: "PBXs",
    basis: "assumed",
    what: "that a tenant has, in the mean; the greatest of all has a twentieth",
  },
  endpointsOfTenant: {
    value: 1.4,
    unit: "endpoints",
    basis: "assumed",
    what: "that want each event of a tenant, in the mean",
  },
} as const satisfies Record<string, Assumption>

export type AssumptionName = keyof typeof assumptions

export const assumed = (name: AssumptionName): number => assumptions[name].value
