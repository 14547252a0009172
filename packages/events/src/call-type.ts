import * as v from "valibot"
import { callDataOf } from "./call-data.ts"
import { type CallMoment, callMoments, callTypeOf, type CallType } from "./call.ts"
import { outcomes } from "./call-outcome.ts"
import { Time } from "./schema.ts"

const Text = v.nullable(v.string())
const Count = v.nullable(v.pipe(v.number(), v.integer()))
const Seconds = v.nullable(v.pipe(v.number(), v.minValue(0)))
const Named = v.object({ uuid: Text, name: Text })

/** The `data` of the three `call.*` types. Unknown values are null. */
export const CallData = v.looseObject({
  uuid: v.pipe(v.string(), v.description("The dialing's")),
  outcome: v.pipe(
    v.nullable(v.picklist(outcomes)),
    v.description("Null while the call goes on, and if its end was not read"),
  ),
  number: v.pipe(Text, v.description("As it was dialled")),
  attempt: v.pipe(Count, v.description("Which try of this number it is, from 1")),
  campaign: Named,
  plan: Named,
  list: v.pipe(Named, v.description("The dial list master")),
  contact: v.pipe(
    v.nullable(v.object({ uuid: v.string(), key: Text, name: Text, detail: Text, email: Text })),
    v.description(
      "The dial list's row in its last known state; key is its UKey, the customer's own id",
    ),
  ),
  startedAt: v.nullable(Time),
  answeredAt: v.nullable(Time),
  endedAt: v.nullable(Time),
  ringSeconds: v.pipe(Seconds, v.description("Until the answer, or the end where nobody answered")),
  talkSeconds: v.pipe(Seconds, v.description("0 where nobody answered")),
  hangupCause: v.pipe(Count, v.description("Q.850; null where there is none")),
  hangupCauseName: Text,
  channel: Text,
  agent: Text,
  queue: Text,
  variables: v.record(v.string(), v.string()),
})

type CallEventType = {
  type: CallType
  description: string
  example: { data: Record<string, unknown>; timestamp: string }
}

const DESCRIPTIONS: Record<CallMoment, string> = {
  started: "A call to a customer began: sent for the first event of its dialing.",
  answered: "The customer answered.",
  completed: "The call is over, with its outcome. Each dialing gives exactly one.",
}

const TIMES: Record<CallMoment, string> = {
  started: "2026-11-22T06:27:02.104118165Z",
  answered: "2026-11-22T06:27:10.861201734Z",
  completed: "2026-11-22T06:27:40.281000000Z",
}
const UUID = "7d0c4a50-5b1e-4f6a-9c3d-000000000001"
const uuidOf = (digit: number) => UUID.replace(/1$/, `${digit}`)

const REFERENCES = {
  campaign: { uuid: uuidOf(2), name: "spring renewals" },
  plan: { uuid: uuidOf(3), name: "patient" },
  list: { uuid: uuidOf(4), name: "customers, north" },
  contact: {
    uuid: uuidOf(6),
    key: "10042",
    name: "Ada Lovelace",
    detail: null,
    email: "ada@example.com",
  },
}

function exampleOf(moment: CallMoment) {
  const isAnswered = moment !== "started"
  const isOver = moment === "completed"
  return {
    timestamp: TIMES[moment],
    data: callDataOf({
      uuid: UUID,
      outcome: isOver ? "answered" : null,
      answeredAt: isAnswered ? TIMES.answered : null,
      endedAt: isOver ? TIMES.completed : null,
      references: REFERENCES,
      facts: {
        number: "+4520123456",
        attempt: 1,
        campaign: REFERENCES.campaign.uuid,
        plan: REFERENCES.plan.uuid,
        list: REFERENCES.list.uuid,
        contact: REFERENCES.contact.uuid,
        startedAt: TIMES.started,
        changedAt: TIMES[moment],
        status: isOver ? 5 : isAnswered ? 1 : 0,
        resDial: isAnswered ? 4 : 0,
        resHangup: isOver ? 16 : 0,
        hangupCauseName: isOver ? "normal clearing" : null,
        channel: isAnswered ? "SIP/carrier-1-0000002a" : null,
        agent: null,
        queue: null,
        variables: { customer: "10042" },
      },
    }),
  }
}

/** The three events of a call, for the catalog. */
export const callEventTypes: readonly CallEventType[] = callMoments.map((moment) => ({
  type: callTypeOf(moment),
  description: DESCRIPTIONS[moment],
  example: exampleOf(moment),
}))
