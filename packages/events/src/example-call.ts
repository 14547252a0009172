import { exampleEvent, type Fresh, type Values } from "./example.ts"
import type { HeaderPair } from "./header.ts"
import type { Action } from "./ami-event-kinds.ts"
import type { Outcome } from "./call-outcome.ts"
import { printStamp } from "./stamp.ts"

type End = { ResDial: string; ResHangup: string; ResHangupDetail: string }

// As in recordings of the module. It reports no cause for unanswered calls.
const ENDS: Record<Outcome, End> = {
  answered: { ResDial: "4", ResHangup: "16", ResHangupDetail: "Normal Clearing" },
  busy: { ResDial: "0", ResHangup: "17", ResHangupDetail: "User busy" },
  rejected: { ResDial: "0", ResHangup: "21", ResHangupDetail: "Call Rejected" },
  no_answer: { ResDial: "3", ResHangup: "0", ResHangupDetail: "Unknown" },
  congestion: { ResDial: "0", ResHangup: "34", ResHangupDetail: "Circuit/channel congestion" },
  failed: { ResDial: "0", ResHangup: "27", ResHangupDetail: "Destination out of order" },
}

const NO_END = { ResDial: "0", ResHangup: "0", ResHangupDetail: "<unknown>" }
const CHANNEL = { ChannelName: "SIP/carrier-1-0000002a" }

const SECOND = 1000
const RING_MS = 8 * SECOND
const TALK_MS = 30 * SECOND

export type ExampleCall = { uuid: string; outcome: Outcome; fresh: Fresh }

/**
 * The AMI events of one call that ended now, in order: the customer's row is taken and dialled,
 * perhaps answered, the call ends, and the row returns with the result.
 */
export function exampleCall({ uuid, outcome, fresh }: ExampleCall): HeaderPair[][] {
  const { now, makeUuid } = fresh
  const isAnswered = outcome === "answered"
  const startedAt = now - RING_MS - (isAnswered ? TALK_MS : 0)
  const stamp = (millis: number) => printStamp(BigInt(millis) * 1_000_000n)
  const shared = { CampUuid: makeUuid(), PlanUuid: makeUuid(), DlmaUuid: makeUuid() }
  const row = makeUuid()
  const dialing = (action: Action, changedAt: number, values: Values) =>
    exampleEvent("dialing", action, fresh, {
      ...shared,
      Uuid: uuid,
      DlListUuid: row,
      TmCreate: stamp(startedAt),
      TmUpdate: action === "created" ? "<unknown>" : stamp(changedAt),
      ...values,
    })
  const list = (values: Values) =>
    exampleEvent("dllist", "updated", fresh, { Uuid: row, DlmaUuid: shared.DlmaUuid, ...values })
  const end = ENDS[outcome]
  const answer = { ...NO_END, ...CHANNEL, Status: "1", ResDial: "4" }
  return [
    list({
      Status: "1",
      DialingUuid: uuid,
      DialingCampUuid: shared.CampUuid,
      DialingPlanUuid: shared.PlanUuid,
    }),
    dialing("created", startedAt, { ...NO_END, Status: "0" }),
    dialing("updated", startedAt + 1, { ...NO_END, ...CHANNEL, Status: "1" }),
    ...(isAnswered ? [dialing("updated", startedAt + RING_MS, answer)] : []),
    dialing("updated", now, { ...end, ...CHANNEL, Status: isAnswered ? "5" : "10" }),
    list({ ...IDLE, ResDial: end.ResDial, ResHangup: end.ResHangup }),
    dialing("deleted", now, { ...end, ...CHANNEL, Status: "6" }),
  ]
}

const IDLE = {
  Status: "0",
  DialingUuid: "<unknown>",
  DialingCampUuid: "<unknown>",
  DialingPlanUuid: "<unknown>",
}
