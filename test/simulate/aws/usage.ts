import { dollarsOf, type Use } from "../../../infra/unit-costs.ts"

/** What AWS would charge for, as infra/unit-costs.ts has it. */
export type Usage = Use

export const newUsage = (): Usage => ({
  sqsRequests: 0,
  writeUnits: 0,
  readUnits: 0,
  invocations: 0,
  gigabyteMs: 0,
  logBytes: 0,
  storedBytes: 0,
  egressBytes: 0,
})

export const allDollars = dollarsOf
