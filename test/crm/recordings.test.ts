import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { kinds, type Kind } from "@ringback/connectors/kinds"
import { captureBytes } from "../events/capture.ts"
import { readCalls, type ReadCall } from "../events/independent-calls.ts"
import { idIn, type Seen } from "../connectors/account.ts"
import { EXPECTED, FIELDS } from "../connectors/expected.ts"
import { addConnector, serveAccount } from "../functions/crm.ts"
import { startEdge, startFlow, type Flow } from "../harness/flow.ts"
import { isQuiet, makeCustomer, type Customer } from "../harness/system.ts"
import { until } from "../harness/until.ts"

// AMI bytes in, activities out: a PBX that plays recordings of a real one to twin collectors, SQS, the functions, DynamoDB and
// the stand-in of each CRM over HTTP. What must be in the CRM is read from the recordings by hand, not by the product.

// A PBX in a laboratory calls extensions. A CRM knows numbers, so each extension is given one, and the CRM another spelling.
const numberOf = (extension: string) => `+4520000${extension}`
const spelled = (extension: string) => `+45 20 00 0${extension[0]} ${extension.slice(1)}`

/** What a recording's session said as events. */
function eventBytes(capture: string): Buffer {
  const text = captureBytes(capture)
    .toString("latin1")
    .replace(/^Asterisk Call Manager.*\r\n/, "")
    .replace(/^(DialAddr|Number\d): (\d{3})\r$/gm, (_, name: string, extension: string) => {
      return `${name}: ${numberOf(extension)}\r`
    })
  const messages = text.split(/(?<=\r\n\r\n)(?=[A-Z])/)
  return Buffer.from(messages.filter((each) => each.startsWith("Event:")).join(""), "latin1")
}

const RECORDINGS = {
  "30-dialing": ["30-dialing", "30-dialing"],
  "41-two-sessions": ["41-two-sessions-a", "41-two-sessions-b"],
}
const all = new Map(Object.values(RECORDINGS).flatMap(([name]) => [...readCalls(name!)]))
const people = [...new Set([...all.values()].map(({ number }) => number))].map((extension) => ({
  id: extension,
  phone: spelled(extension),
}))

let flow: Flow
let customer: Customer
let crms: { kind: Kind; crm: Awaited<ReturnType<typeof serveAccount>> }[]
before(async () => {
  crms = await Promise.all(
    kinds.map(async (kind) => ({ kind, crm: await serveAccount(kind, people) })),
  )
  const crmUrls = Object.fromEntries(crms.map(({ kind, crm }) => [kind, crm.server.url]))
  flow = await startFlow({ crmUrls })
  customer = await makeCustomer(flow.deps)
  for (const kind of kinds) await addConnector(flow.deps, customer.tenant, kind)
})
after(async () => {
  await flow.close()
  await Promise.all(crms.map(({ crm }) => crm.server.close()))
})

const secondOf = (time: string) => `${time.slice(0, 19)}Z`
const nanosOf = (time: string) =>
  BigInt(Date.parse(`${time.slice(0, 19)}Z`)) * 1_000_000n + BigInt(time.slice(20, 29))

/** Whole seconds from the answer to the end; none where nobody answered. */
const talkOf = ({ answeredAt, endedAt }: ReadCall) =>
  answeredAt === null ? 0 : Math.round(Number(nanosOf(endedAt) - nanosOf(answeredAt)) / 1e9)

/** Start and talk as each CRM writes them. */
const TIMES: Record<Kind, (call: ReadCall) => Record<string, unknown>> = {
  hubspot: (call) => ({
    hs_timestamp: secondOf(call.startedAt),
    hs_call_duration: String(talkOf(call) * 1000),
  }),
  salesforce: (call) => ({
    ActivityDate: call.startedAt.slice(0, 10),
    CallDurationInSeconds: talkOf(call),
  }),
  pipedrive: (call) => ({
    start_time: call.startedAt.slice(0, 19).replace("T", " "),
    end_time: call.endedAt.slice(0, 19).replace("T", " "),
    duration: String(talkOf(call)),
  }),
  zoho: (call) => ({
    Call_Start_Time: `${call.startedAt.slice(0, 19)}+00:00`,
    Call_Duration: `00:${String(talkOf(call)).padStart(2, "0")}`,
  }),
}

const uuidOf = (kind: Kind, { text }: Seen) =>
  /Ringback call ([0-9a-f-]{36})/.exec(String(text[FIELDS[kind].note]))?.[1]

for (const [recording, captures] of Object.entries(RECORDINGS)) {
  describe(`${recording} through twin collectors into four CRMs`, () => {
    const calls = readCalls(captures[0]!)

    before(async () => {
      const edges = await Promise.all(captures.map(() => startEdge(flow.stack, customer)))
      captures.forEach((capture, index) => edges[index]!.pbx.say(eventBytes(capture)))
      await until(() => crms.every((each) => mine(each).length >= calls.size), {
        what: `the calls of ${recording}`,
      })
      // Whatever is still on its way would be one too many: let the collectors and the queues run dry.
      await Promise.all(edges.map((edge) => edge.close()))
      await until(() => isQuiet(flow.stack))
    })

    const mine = ({ kind, crm }: (typeof crms)[number]) =>
      crm.account.activities().filter((each) => calls.has(uuidOf(kind, each) ?? ""))

    for (const kind of kinds) {
      test(`${kind}: one activity for each finished dialing, as an independent reading has it`, () => {
        const own = crms.find((each) => each.kind === kind)!
        const seen = mine(own)
        assert.ok(calls.size > 0)
        assert.deepEqual(new Set(seen.map((each) => uuidOf(kind, each))), new Set(calls.keys()))
        assert.equal(seen.length, calls.size)
        for (const each of seen) {
          const call = calls.get(uuidOf(kind, each)!)!
          assert.equal(each.contact, idIn(kind, call.number))
          const { status, disposition, note } = FIELDS[kind]
          assert.deepEqual(
            [each.text[status], each.text[disposition]],
            EXPECTED[kind][call.outcome ?? "no_answer"],
          )
          for (const [name, value] of Object.entries(TIMES[kind](call)))
            assert.equal(each.text[name], value, `${name} of ${call.number}`)
          assert.ok(String(each.text[note]).includes(`Number: ${numberOf(call.number)}`))
        }
        assert.deepEqual(own.crm.account.problems, [])
        assert.equal(own.crm.account.contactCount(), people.length)
      })
    }
  })
}

test("nothing else was logged", () => {
  for (const { kind, crm } of crms) assert.equal(crm.account.activities().length, all.size, kind)
})
