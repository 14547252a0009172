import assert from "node:assert/strict"
import { test } from "node:test"
import { cli } from "./command.ts"
import { page, startStandIn } from "./stand-in.ts"

const TENANT = `ten_${"0".repeat(26)}`
const SOURCE = `src_${"0".repeat(26)}`
const BASE = `/tenants/${TENANT}`

const event = {
  type: "dialing.updated",
  timestamp: "2026-11-22T06:27:40.281000000Z",
  observedAt: "2026-11-22T06:27:40.288Z",
  id: `evt_${"0".repeat(32)}`,
  tenant: TENANT,
  source: SOURCE,
  data: {
    uuid: "7d0c4a50-5b1e",
    dialAddr: "+45\u001b[2J20",
    statusName: "dial end",
    resHangup: 17,
    resHangupName: "user busy",
  },
  createdAt: "2026-11-22T06:27:40.301Z",
}
const delivery = {
  id: `dlv_${"0".repeat(32)}`,
  eventId: event.id,
  eventType: event.type,
  endpointId: `ep_${"0".repeat(26)}`,
  status: "pending",
  attemptCount: 1,
  nextAttemptAt: "2026-11-22T06:32:40.301Z",
  createdAt: "2026-11-22T06:27:40.301Z",
}

const envOf = (api: { url: string }) => ({
  RINGBACK_URL: api.url,
  RINGBACK_KEY: `rbk_${"0".repeat(26)}_k_s`,
})

test("events: a table for people, without what a terminal would obey", async (t) => {
  const api = await startStandIn(t, {
    [`GET ${BASE}/events`]: { body: { data: [event], nextCursor: "c1" } },
  })
  const { exitCode, out, err } = await cli(["events", "--limit", "1"], envOf(api))
  assert.equal(exitCode, 0)
  const [titles, line] = out.split("\n")
  assert.match(titles!, /^when +type +what +id$/)
  assert.match(line!, /dialing\.updated +7d0c4a50 · \+45·\[2J20 · dial end · user busy +evt_0+$/)
  assert.ok(!out.includes("\x1b"))
  assert.equal(err, "More: repeat the command with --cursor c1\n")
})

test("events: the filters are the API's", async (t) => {
  const api = await startStandIn(t, { [`GET ${BASE}/events`]: page() })
  const filters = `--type plan.created --source ${SOURCE} --uuid u --after 2026-11-22T06:00:00Z --limit 7 --cursor c`
  await cli(["events", ...filters.split(" "), "--before", "2h"], envOf(api))
  const query = Object.fromEntries(api.asked[0]!.query)
  const before = query["before"]!
  assert.ok(Math.abs(Date.now() - 2 * 3_600_000 - Date.parse(before)) < 60_000)
  assert.deepEqual(query, {
    type: "plan.created",
    source: SOURCE,
    uuid: "u",
    after: "2026-11-22T06:00:00Z",
    before,
    limit: "7",
    cursor: "c",
  })
})

test("events: short pages, as filters leave them, are read on until there are enough", async (t) => {
  const pages = [0, 1, 0, 2, 1].map((count) => Array.from({ length: count }, () => event))
  const api = await startStandIn(t, {
    [`GET ${BASE}/events`]: ({ query }) => {
      const at = Number(query.get("cursor") ?? 0)
      return { body: { data: pages[at], nextCursor: at < 4 ? String(at + 1) : null } }
    },
  })
  const args = ["events", "--uuid", "u", "--limit"]
  const { out, err } = await cli([...args, "3"], envOf(api))
  assert.equal(out.match(/evt_/g)?.length, 3)
  assert.equal(err, "More: repeat the command with --cursor 4\n")
  assert.deepEqual(
    api.asked.map(({ query }) => query.get("limit")),
    ["3", "3", "2", "2"],
  )
  const all = await cli([...args, "100"], envOf(api))
  assert.equal(all.out.match(/evt_/g)?.length, 4)
  assert.equal(all.err, "")
})

test("events: what is found nowhere is not looked for without end", async (t) => {
  const api = await startStandIn(t, {
    [`GET ${BASE}/events`]: { body: { data: [], nextCursor: "c1" } },
  })
  const { out, err } = await cli(["events", "--uuid", "u"], envOf(api))
  assert.equal(out, "")
  assert.match(err, /No match so far; there is more to search\.\nMore: .* --cursor c1\n/)
  assert.equal(api.asked.length, 20)
})

test("--json gives the API's own answer", async (t) => {
  const list = { data: [event], nextCursor: "c1" }
  const api = await startStandIn(t, { [`GET ${BASE}/events`]: { body: list } })
  const { out, err } = await cli(["events", "--json"], envOf(api))
  assert.deepEqual(JSON.parse(out), list)
  assert.equal(err, "")
})

test("one event: all of it, and where it went", async (t) => {
  const full = { ...event, headers: [["Event", "OutDialingUpdate"]], deliveries: [delivery] }
  const api = await startStandIn(t, { [`GET ${BASE}/events/${event.id}`]: { body: full } })
  const { out } = await cli(["events", event.id], envOf(api))
  assert.ok(out.includes('"OutDialingUpdate"'))
  assert.ok(out.includes(delivery.id))
  assert.ok(!out.includes("\x1b"))
})

test("deliveries: statuses can be several", async (t) => {
  const api = await startStandIn(t, { [`GET ${BASE}/deliveries`]: page(delivery) })
  const { out } = await cli(
    ["deliveries", "--status", "failed", "held", "--endpoint", "ep_1"],
    envOf(api),
  )
  assert.match(out, /pending +1 +\d{4}-/)
  assert.deepEqual(api.asked[0]!.query.getAll("status"), ["failed", "held"])
  assert.equal(api.asked[0]!.query.get("endpointId"), "ep_1")
})

test("one delivery: each attempt, what was answered", async (t) => {
  const attempts = [
    {
      id: "1",
      at: delivery.createdAt,
      statusCode: 500,
      durationMs: 12,
      error: null,
      responseBody: "oh\u001bno",
    },
    {
      id: "2",
      at: delivery.createdAt,
      statusCode: null,
      durationMs: 15_000,
      error: "timeout",
      responseBody: null,
    },
    {
      id: "3",
      at: delivery.createdAt,
      statusCode: 204,
      durationMs: 9,
      error: null,
      responseBody: null,
    },
  ]
  const api = await startStandIn(t, {
    [`GET ${BASE}/deliveries/${delivery.id}`]: { body: { ...delivery, attempts } },
  })
  const { out } = await cli(["deliveries", delivery.id], envOf(api))
  assert.match(out, /✗ .* 500 +12 ms\n +oh·no\n✗ .* timeout +15\.0 s\n✓ .* 204 +9 ms/)
})

test("retry and replay ask for just that", async (t) => {
  const api = await startStandIn(t, {
    [`POST ${BASE}/deliveries/dlv_1/retry`]: { status: 202, body: { id: "dlv_1" } },
    [`POST ${BASE}/deliveries/dlv_2/retry`]: { status: 202 },
    [`POST ${BASE}/events/evt_1/replay`]: { status: 202, body: {} },
  })
  const retried = await cli(["retry", "dlv_1", "dlv_2"], envOf(api))
  assert.equal(retried.exitCode, 0)
  assert.equal(retried.out, "✓ dlv_1 is sent again now\n✓ dlv_2 is sent again now\n")
  await cli(["replay", "evt_1", "--endpoint", "ep_1"], envOf(api))
  assert.deepEqual(api.asked.at(-1)!.body, { endpointId: "ep_1" })
  const unknown = await cli(["retry", "dlv_3"], envOf(api))
  assert.equal(unknown.exitCode, 1)
  assert.match(unknown.err, /Not found \(not_found\)/)
})

test("trigger: through the only source, or one that is made for it", async (t) => {
  const sources: object[] = []
  const api = await startStandIn(t, {
    [`GET ${BASE}/sources`]: () => page(...sources),
    [`POST ${BASE}/sources`]: ({ body }) => {
      sources.push({ id: SOURCE, ...body })
      return { status: 201, body: sources[0] }
    },
    [`POST ${BASE}/sources/${SOURCE}/test`]: { status: 202, body: { eventId: event.id } },
  })
  const first = await cli(["trigger", "dialing.updated"], envOf(api))
  assert.equal(first.out, `✓ dialing.updated triggered: ${event.id}\n`)
  assert.match(first.err, /There was no source: src_0+ \(demo\) was created/)
  assert.deepEqual(api.asked.at(-1)!.body, { eventType: "dialing.updated" })
  const second = await cli(["trigger", "dialing.updated", "--json"], envOf(api))
  assert.deepEqual(JSON.parse(second.out), { eventId: event.id })
  assert.equal(second.err, "")
  assert.equal(sources.length, 1)
})

test("trigger: of an unknown type the known ones like it are named", async (t) => {
  const types = ["campaign.created", "campaign.updated", "dialing.updated"].map((type) => ({
    type,
  }))
  const errors = [{ path: "/eventType", message: "There is no such event type" }]
  const api = await startStandIn(t, {
    [`GET ${BASE}/sources`]: page({ id: SOURCE, name: "pbx" }),
    [`POST ${BASE}/sources/${SOURCE}/test`]: {
      status: 400,
      body: { code: "request.invalid", errors },
    },
    "GET /event-types": page(...types),
  })
  const { exitCode, err } = await cli(["trigger", "campaign.start"], envOf(api))
  assert.equal(exitCode, 2)
  assert.match(err, /"campaign\.start".*campaign\.created, campaign\.updated\n$/)
})

test("trigger: suggested is only what can be triggered", async (t) => {
  const types = ["campaign.created", "campaign.later"].map((type) => ({
    type,
    testable: type === "campaign.created",
  }))
  const errors = (message: string) => [{ path: "/eventType", message }]
  let message = "There is no such event type"
  const api = await startStandIn(t, {
    [`GET ${BASE}/sources`]: page({ id: SOURCE, name: "pbx" }),
    [`POST ${BASE}/sources/${SOURCE}/test`]: () => ({
      status: 400,
      body: { code: "request.invalid", errors: errors(message) },
    }),
    "GET /event-types": page(...types, { type: "endpoint.disabled", testable: false }),
  })
  const errOf = async (type: string) => (await cli(["trigger", type], envOf(api))).err
  assert.match(await errOf("campaign.start"), /Perhaps: campaign\.created\n$/)
  assert.match(await errOf("endpoint.gone"), /`event-types` lists those that can\.\n$/)
  assert.match(await errOf("call.completed"), /`trigger call` plays one/)
  message = "is not an event type that a PBX sends; nearest: plan.created, plan.updated"
  assert.match(await errOf("plam.created"), /Perhaps: plan\.created, plan\.updated\n$/)
})
