import assert from "node:assert/strict"
import { after, before, beforeEach, describe, test } from "node:test"
import { getItem, putItem } from "@ringback/store/item"
import { callKey, loggedCallKey, recordKey } from "@ringback/store/item-keys"
import { wellFormed } from "@ringback/store/well-formed"
import { campaignUpdate, startWorld, type World } from "../harness/world.ts"

// JSON may have half of a surrogate pair, as "\ud800". DynamoDB refuses a request with one.

const LONE = "half \ud800 of a pair"
const MENDED = "half \ufffd of a pair"

for (const kind of ["dynoxide", "dynalite"] as const) {
  describe(`with ${kind}`, () => {
    let world: World
    before(async () => void (world = await startWorld({}, kind)))
    after(() => world.close())
    beforeEach(() => world.begin())

    test("an item with lone surrogates is stored, with U+FFFD in place of each", async () => {
      const { table } = world.deps
      const key = { pk: world.customer.tenant, sk: "TEST#1" }
      const content = { list: [LONE, { deep: LONE }], map: { [LONE]: 1 }, whole: "😀", none: null }
      await putItem(table, { ...key, content })
      const item = await getItem(table, key)
      assert.deepEqual(item?.["content"], {
        list: [MENDED, { deep: MENDED }],
        map: { [MENDED]: 1 },
        whole: "😀",
        none: null,
      })
    })

    test("an event whose Uuid and names have lone surrogates is delivered once, as it was read", async () => {
      const { arrived } = await world.addEndpoint({ eventTypes: ["*"] })
      const headers = campaignUpdate().map(([name, value]): [string, string] =>
        name === "Uuid" || name === "Name" ? [name, `${value} ${LONE}`] : [name, value],
      )
      await world.say(headers)
      await world.say(headers)
      await world.pump()
      const [webhook, ...others] = arrived()
      assert.equal(others.length, 0)
      const { uuid } = webhook!.data as { uuid: string }
      assert.ok(uuid.endsWith(LONE))
      const [delivery] = await world.deliveries()
      assert.equal(delivery?.status, "delivered")
    })

    test("a transform's error with a lone surrogate is on record", async () => {
      const transform = `$error("half \\ud800 of a pair")`
      const { id } = await world.addEndpoint({ eventTypes: ["*"], transform })
      await world.say()
      await world.pump()
      const [delivery] = await world.deliveries({ endpointId: id })
      assert.match(delivery?.attempts[0]?.error ?? "", new RegExp(MENDED))
    })
  })
}

test("a record, a call and what a connector knows of it are found by the Uuid as it is stored", () => {
  for (const key of [
    (uuid: string) => recordKey("ten_a", { kind: "dllist", source: "src_a", uuid }),
    (uuid: string) => callKey("ten_a", "src_a", uuid),
    (uuid: string) => loggedCallKey("ten_a", "ep_a", uuid),
  ]) {
    assert.deepEqual(key(LONE), key(MENDED))
    assert.notDeepEqual(key(LONE), key("another"))
  }
})

test("what has no lone surrogate is the same object", () => {
  const item = { text: "😀", list: ["a", { b: 1 }], bytes: new Uint8Array([1]), none: undefined }
  assert.equal(wellFormed(item), item)
  const mended = wellFormed({ ...item, lone: LONE })
  assert.equal(mended.bytes, item.bytes)
  assert.equal(mended.lone, MENDED)
})
