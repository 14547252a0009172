import assert from "node:assert/strict"
import { after, before, beforeEach, describe, test } from "node:test"
import { eventMessage, sendToIngest } from "../harness/system.ts"
import { startWorld, type World } from "../harness/world.ts"
import { erasePage } from "@ringback/functions/jobs/erase"
import type { Next } from "@ringback/functions/messages/job"
import * as Record from "@ringback/store/record"
import { startApi, type TestApi } from "../api/api.ts"
import type { Pair } from "../events/capture.ts"

let world: World
let api: TestApi
before(async () => {
  world = await startWorld()
  api = await startApi({ stack: world.stack, now: Date.now })
})
after(() => world.close())
beforeEach(() => world.begin())

const CALLS = { eventTypes: ["call.*"] }
type Shown = {
  kind: string
  source: string
  uuid: string
  version: string
  deleted: boolean
  data: { [name: string]: unknown }
}
const list = async (query = "") => {
  const answer = await api.call(`GET /v1/tenants/${world.customer.tenant}/records${query}`)
  assert.equal(answer.status, 200, answer.text)
  return answer.body as { data: Shown[]; nextCursor: string | null }
}

const record = (name: string, verb: string, uuid: string, ...more: Pair[]): Pair[] => [
  ["Event", `Out${name}${verb}`],
  ["Uuid", uuid],
  ...more,
]
const time = (second: number) => `2026-11-22T11:00:0${second}.000000001Z`

async function say(...events: Pair[][]): Promise<void> {
  for (const headers of events) await world.say(headers)
  await world.pump()
}

describe("records", () => {
  test("go with their tenant, all pages of them", async () => {
    await world.addEndpoint(CALLS)
    const rows = Array.from({ length: 130 }, (_, n) =>
      record("DlList", "Create", `r-${n}`, ["UKey", `${n}`], ["Name", "Ann"]),
    )
    await say(record("Campaign", "Update", "c-1", ["Name", "new"], ["TmUpdate", time(2)]), ...rows)
    const { tenant } = world.customer
    const count = async (kind: "campaign" | "dllist") =>
      (await Record.list(world.deps.table, tenant, { kind, limit: 250 })).items.length
    assert.deepEqual([await count("campaign"), await count("dllist")], [1, 130])
    let place: Next<"erase">
    do {
      place = await erasePage(world.deps.table, { v: 1, kind: "erase", tenant, place })
      world.advance(75_000)
    } while (place)
    assert.deepEqual([await count("campaign"), await count("dllist")], [0, 0])
  })

  test("are shown as last heard of, by kind and by Uuid", async () => {
    await world.addEndpoint(CALLS)
    await say(
      record("Campaign", "Update", "c-1", ["Name", "new"], ["TmUpdate", time(2)]),
      record("Campaign", "Update", "c-1", ["Name", "old"], ["TmUpdate", time(1)]),
      record("Plan", "Create", "p-1", ["Name", "plan"], ["TmCreate", time(1)]),
      record("Plan", "Delete", "p-1", ["TmCreate", time(1)], ["TmDelete", time(3)]),
      record("DlList", "Create", "r-1", ["UKey", "10042"]),
    )
    const { data } = await list("?kind=campaign")
    assert.equal(data.length, 1)
    assert.deepEqual(
      [data[0]!.uuid, data[0]!.data.name, data[0]!.version, data[0]!.source],
      ["c-1", "new", `${time(2)}/1`, world.customer.source.source.id],
    )
    const [plan] = (await list("?uuid=p-1")).data
    assert.deepEqual([plan!.kind, plan!.deleted], ["plan", true])
    assert.equal((await list("?uuid=r-1&kind=dllist")).data[0]!.data.uKey, "10042")
    assert.deepEqual((await list("?uuid=r-1&kind=plan")).data, [])
    assert.deepEqual((await list("?uuid=unheard")).data, [])
  })

  test("come page by page, each once, whatever kind", async () => {
    await world.addEndpoint(CALLS)
    const names = ["Campaign", "Plan", "Dlma", "Destination", "DlList"]
    const all = names.flatMap((name) =>
      [1, 2, 3].map((number) => record(name, "Create", `${name}-${number}`, ["TmCreate", time(1)])),
    )
    await say(...all)
    for (const limit of [1, 2, 3, 4, 15]) {
      const seen: string[] = []
      let cursor: string | null = ""
      for (let pages = 0; cursor !== null && pages < 40; pages++) {
        const page = await list(`?limit=${limit}${cursor && `&cursor=${cursor}`}`)
        assert.ok(page.data.length <= limit)
        seen.push(...page.data.map(({ uuid }) => uuid))
        cursor = page.nextCursor
      }
      assert.deepEqual(seen.toSorted(), all.map((headers) => headers[1]![1]).toSorted(), `${limit}`)
    }
  })

  test("are a tenant's own, and none are kept for who does not ask for calls", async () => {
    await world.addEndpoint()
    const both = [
      record("Campaign", "Create", "c-1", ["TmCreate", time(1)]),
      record("DlList", "Create", "r-1", ["Name", "Ada"]),
    ]
    await say(...both)
    assert.deepEqual((await list()).data, [])
    await world.begin()
    await world.addEndpoint(CALLS)
    await say(...both)
    assert.equal((await list()).data.length, 2)
    await world.begin()
    assert.deepEqual((await list("?uuid=c-1")).data, [])
  })
})

describe("rows of the PBX's lists", () => {
  const hear = (headers: Pair[], rest: object = {}) =>
    sendToIngest(world.stack, world.customer, {
      ...eventMessage(world.customer, headers),
      kind: "record",
      ...rest,
    })
  const row: Pair[] = [
    ["Event", "OutDlListEntry"],
    ["ActionID", "7"],
    ["Uuid", "r-1"],
    ["Name", "Ada"],
    ["UKey", "10042"],
  ]
  const events = async () =>
    (await api.call(`GET /v1/tenants/${world.customer.tenant}/events`)).body.data
  const listed = (uuid: string, name: string) =>
    hear([
      ["Event", "OutCampaignEntry"],
      ["Uuid", uuid],
      ["Name", name],
      ["TmCreate", time(1)],
    ])

  test("name the calls of an endpoint that comes later, and no person is stored before", async () => {
    await hear(row)
    await listed("c-1", "Winback")
    await world.pump()
    assert.deepEqual((await list("?kind=dllist")).data, [])
    const { arrived } = await world.addEndpoint(CALLS)
    const dialing = record("Dialing", "Create", "d-1", ["CampUuid", "c-1"], ["DlListUuid", "r-1"])
    await say([...dialing, ["TmCreate", time(2)]])
    const [started] = arrived()
    assert.deepEqual(started?.data["campaign"], { uuid: "c-1", name: "Winback" })
    assert.equal(JSON.stringify(started).includes("Ada"), false)
    // What is not listed any more is gone before long.
    await world.begin()
    await listed("c-2", "Spring")
    await world.pump()
    const { tenant, source } = world.customer
    const ref = { kind: "campaign" as const, source: source.source.id, uuid: "c-2" }
    const isKept = async () => (await Record.get(world.deps.table, tenant, ref)) !== undefined
    assert.equal(await isKept(), true)
    world.advance(49 * 3600_000)
    assert.equal(await isKept(), false)
  })

  test("fill what was never heard of, make no event, and give a call its contact", async () => {
    const { arrived } = await world.addEndpoint(CALLS)
    await hear(row)
    await listed("c-1", "Winback")
    await world.pump()
    assert.deepEqual(await events(), [])
    const dialing = record("Dialing", "Create", "d-1", ["CampUuid", "c-1"], ["DlListUuid", "r-1"])
    await say([...dialing, ["TmCreate", time(2)]])
    const { campaign, contact } = arrived()[0]!.data as { campaign: object; contact: object }
    assert.deepEqual(campaign, { uuid: "c-1", name: "Winback" })
    assert.deepEqual(contact, { uuid: "r-1", key: "10042", name: "Ada", detail: null, email: null })
  })

  test("are older than what was said after them, newer than what was said before", async () => {
    await world.addEndpoint(CALLS)
    const campaign = (event: string, name: string, second: number): Pair[] => [
      ["Event", event],
      ["Uuid", "c-1"],
      ["Name", name],
      ["TmUpdate", time(second)],
    ]
    await say(campaign("OutCampaignUpdate", "second", 2))
    await hear(campaign("OutCampaignEntry", "first", 1))
    await world.pump()
    assert.equal((await list("?uuid=c-1")).data[0]!.data.name, "second")
    await hear(campaign("OutCampaignEntry", "third", 3))
    await world.pump()
    assert.equal((await list("?uuid=c-1")).data[0]!.data.name, "third")
    await say([
      ["Event", "OutDlListUpdate"],
      ["Uuid", "r-1"],
      ["Name", "said"],
    ])
    world.advance(1000)
    const [name, ...rest] = row
    const stamped = (at: number): Pair[] => [name!, ["Timestamp", (at / 1000).toFixed(6)], ...rest]
    // By the PBX's clock this list is an hour old, whatever the collector's says.
    await hear(stamped(world.now() - 3600_000))
    await world.pump()
    assert.equal((await list("?uuid=r-1")).data[0]!.data.name, "said")
    await hear(stamped(world.now() + 1000))
    await world.pump()
    assert.equal((await list("?uuid=r-1")).data[0]!.data.name, "Ada")
  })

  test("cost nothing where nobody asks for calls, and junk makes nothing", async () => {
    await world.addEndpoint()
    await hear(row)
    await world.pump()
    assert.deepEqual((await list()).data, [])
    await world.begin()
    await world.addEndpoint(CALLS)
    for (const junk of [
      [
        ["Event", "OutCampaignUpdate"],
        ["Uuid", "c-1"],
      ],
      [
        ["Event", "OutQueueEntry"],
        ["Uuid", "q-1"],
      ],
      [["Event", "OutDlListEntry"]],
      [
        ["Event", "OutDlListEntry"],
        ["Uuid", "x".repeat(5000)],
      ],
      [["Uuid", "r-1"]],
    ] as Pair[][]) {
      await hear(junk)
    }
    await world.pump()
    assert.deepEqual((await list()).data, [])
    assert.deepEqual(await events(), [])
  })
})
