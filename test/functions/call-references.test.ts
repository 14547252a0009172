import assert from "node:assert/strict"
import { describe, test } from "node:test"
import * as Record from "@ringback/store/record"
import type { Pair } from "../events/capture.ts"
import { world, CALLS, dataOf, ofType, say, timeOf, dialing, ANSWERED } from "./calls-set-up.ts"

describe("a call", () => {
  test("names its campaign, list and contact as last heard of, whatever version came last", async () => {
    const { arrived } = await world.addEndpoint(CALLS)
    const named = (event: string, uuid: string, name: string, second: number): Pair[] => [
      ["Event", event],
      ["Uuid", uuid],
      ["Name", name],
      ["UKey", "10042"],
      ["Email", "ada@example.com"],
      ["TmCreate", timeOf(0)],
      ["TmUpdate", timeOf(second)],
    ]
    await say([
      named("OutCampaignUpdate", "c-1", "new name", 2),
      named("OutCampaignUpdate", "c-1", "old name", 1),
      named("OutDlmaUpdate", "l-1", "north", 1),
      named("OutDlListUpdate", "r-1", "Ada", 1),
    ])
    await say(ANSWERED.map((state) => dialing(state)))
    for (const webhook of arrived()) {
      const { campaign, list, plan, contact } = dataOf(webhook)
      assert.deepEqual(campaign, { uuid: "c-1", name: "new name" })
      assert.deepEqual(list, { uuid: "l-1", name: "north" })
      assert.deepEqual(plan, { uuid: null, name: null })
      assert.deepEqual(contact, {
        uuid: "r-1",
        key: "10042",
        name: "Ada",
        detail: null,
        email: "ada@example.com",
      })
    }
    assert.equal(arrived().length, 3)
  })

  test("ends with the names and the contact as they are by then", async () => {
    const { arrived } = await world.addEndpoint(CALLS)
    const told = (event: string, uuid: string, more: Pair[], second: number): Pair[] => [
      ["Event", event],
      ["Uuid", uuid],
      ...more,
      ["TmCreate", timeOf(0)],
      ["TmUpdate", timeOf(second)],
    ]
    const of = (type: string) => dataOf(ofType(arrived(), type)[0]!)
    await say([
      told("OutDlListUpdate", "r-1", [["Email", "ada@example"]], 1),
      told("OutDlmaUpdate", "l-1", [["Name", "north"]], 1),
    ])
    const [first, ...rest] = ANSWERED.map((state) => dialing(state))
    await say([first!])
    await say([
      told("OutDlListUpdate", "r-1", [["Email", "ada@example.com"]], 2),
      told("OutCampaignUpdate", "c-1", [["Name", "spring"]], 2),
    ])
    const isStored = await Record.remove(world.deps.table, world.customer.tenant, {
      kind: "dlma",
      source: world.customer.source.source.id,
      uuid: "l-1",
    })
    assert.ok(isStored)
    await say(rest)
    assert.equal(of("call.started").contact?.email, "ada@example")
    assert.equal(of("call.started").campaign.name, null)
    const completed = of("call.completed")
    assert.equal(completed.contact?.email, "ada@example.com")
    assert.deepEqual(completed.campaign, { uuid: "c-1", name: "spring" })
    assert.deepEqual(completed.list, { uuid: "l-1", name: "north" })
  })

  test("has nothing of another list that it went to", async () => {
    const { arrived } = await world.addEndpoint(CALLS)
    await say([
      [
        ["Event", "OutDlmaCreate"],
        ["Uuid", "l-1"],
        ["Name", "north"],
        ["TmCreate", timeOf(0)],
      ],
    ])
    const [first, ...rest] = ANSWERED.map((state) => dialing(state))
    await say([first!])
    const moved = (event: Pair[]) =>
      event.map(([name, value]): Pair => [name, name === "DlmaUuid" ? "l-2" : value])
    await say(rest.map(moved))
    const [completed] = ofType(arrived(), "call.completed")
    assert.deepEqual(dataOf(completed!).list, { uuid: "l-2", name: null })
  })
})
