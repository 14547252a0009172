import { readCalls } from "../calls.ts"
import type { Recording } from "../recording.ts"
import { alarmFaults } from "./alarms.ts"
import { apiFaults } from "./api.ts"
import { collectorFaults } from "./collector.ts"
import { queueFaults } from "./queues.ts"
import { edgeFaults, roleFaults, unequalRights } from "./rights.ts"
import { tableFaults } from "./table.ts"
import { unknownFaults } from "./unknown.ts"
import { workerFaults } from "./workers.ts"

/** What must hold of every stage: each rule gives the sentences that say what does not. */
export const rules: Record<string, (recording: Recording) => string[]> = {
  "has the table that the facts describe": tableFaults,
  "has the queues that the facts describe, each with its dead letters": queueFaults,
  "reads each queue with the right function, in parts, and bounded": workerFaults,
  "watches what exists, and is heard": alarmFaults,
  "opens its API to nobody without a limit": apiFaults,
  "gives roles to services alone, and exact rights on its own things": roleFaults,
  "lets each function do what it does, and no more": (recording) =>
    unequalRights(recording, readCalls()),
  "lets a collector send to the ingest queue, and no more": edgeFaults,
  "runs a collector, where it is wanted, that nobody can reach or log into": collectorFaults,
  "was built from values that the recorder had": unknownFaults,
}
