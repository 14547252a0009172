import { findDynoxide } from "@ringback/local/dynoxide-engine"
import * as Delivery from "@ringback/store/delivery"
import type { DeliveryFacts } from "@ringback/store/delivery-facts"
import * as Event from "@ringback/store/event"
import { type InsertMode, makeInsert } from "@ringback/store/insert"
import { getItem } from "@ringback/store/item"
import { deliveryKey, deliveryRef, eventKey, hashOf, type Key } from "@ringback/store/item-keys"
import { ITEM_VERSION } from "@ringback/store/readable"
import type { Table } from "@ringback/store/table"
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { setImmediate } from "node:timers/promises"
import { inspect } from "node:util"
import { makeClients, startStack, type Stack } from "../harness/stack.ts"
import { makeDeps } from "../harness/system.ts"

const skip = findDynoxide() ? false : "dynoxide does not run on this platform"
const now = Date.parse("2026-11-22T06:00:00Z")
let stack: Stack
before(async () => {
  if (!skip) stack = await startStack({ kind: "dynoxide" })
})
after(() => stack?.close())

let count = 0
const itemOf = <T extends object>(rest?: T) => ({ pk: `insert ${++count}`, sk: "s", ...rest })
const keyOf = ({ pk, sk }: Key): Key => ({ pk, sk })

/** A table whose requests are counted by command. */
function countedTable(mode: InsertMode) {
  const { dynamodb, close } = makeClients(stack)
  after(close)
  const requests: string[] = []
  const inputs: object[] = []
  dynamodb.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        requests.push(commandName!)
        inputs.push(args.input)
        return next(args)
      },
    { step: "initialize" },
  )
  const { table } = makeDeps({ ...stack, inserts: mode, dynamodb }, { now: () => now })
  return { table: table as Table & { insert: ReturnType<typeof makeInsert> }, requests, inputs }
}

const claimOf = (hash: number, message = "one"): Event.Claim => ({
  tenant: "ten_insert",
  timeNanos: BigInt(now) * 1_000_000n,
  hash: hashOf("insert", hash),
  type: "campaign.updated",
  source: "src_a",
  uuid: null,
  message,
  receivedAt: now,
  content: { packed: Uint8Array.from([1, 2, 3]) },
})

const factsOf = (n: number): DeliveryFacts => ({
  tenant: "ten_insert",
  ref: deliveryRef(`evt_${n}`, "ep_a", now),
  endpointId: "ep_a",
  eventId: `evt_${n}`,
  eventType: "campaign.updated",
})
const attemptOf = (id: string): Delivery.Attempt => ({
  id,
  at: now,
  statusCode: 204,
  durationMs: 5,
  error: null,
  responseBody: null,
})

/** What two deliveries of the same fate have in common. */
async function readWithoutIds(table: Table, { ref }: DeliveryFacts) {
  const item = (await getItem(table, deliveryKey("ten_insert", ref), { consistent: true }))!
  const { pk: _, sk: _sk, eventId: _id, dueShard, openKey, ...rest } = item
  return { ...rest, isDue: dueShard !== undefined, isOpen: openKey !== undefined }
}

for (const mode of ["statements", "transaction"] as const) {
  const command =
    mode === "statements" ? "BatchExecuteStatementCommand" : "ExecuteTransactionCommand"

  describe(`new items by ${mode}`, { skip }, () => {
    test("those of one moment go in one request, and lie there as they were given", async () => {
      const { table, requests } = countedTable(mode)
      const bytes = Uint8Array.from([0, 255])
      const items = Array.from({ length: 20 }, (_, n) =>
        itemOf({ n, none: null, list: [{ n }], bytes }),
      )
      assert.deepEqual(
        await Promise.all(items.map((item) => table.insert({ ...item, left: undefined }))),
        items.map(() => true),
      )
      assert.deepEqual(requests, [command])
      assert.deepEqual(await getItem(table, keyOf(items[19]!), { consistent: true }), items[19])
    })

    test("those that come while a request runs wait for it, and go in one request", async (t) => {
      const { table, requests } = countedTable(mode)
      // The longest wait never ends, so that only the end of the first request can send them.
      t.mock.timers.enable({ apis: ["setTimeout"] })
      const first = table.insert(itemOf())
      while (requests.length === 0) await setImmediate()
      const second = table.insert(itemOf())
      await setImmediate()
      const third = table.insert(itemOf())
      assert.deepEqual(await Promise.all([first, second, third]), [true, true, true])
      assert.deepEqual(requests, [command, command])
    })

    test("a statement has the form that AWS documents", async () => {
      const { table, inputs } = countedTable(mode)
      await table.insert({ ...itemOf({ n: 1 }), v: 1 })
      // The embedded engine would also accept it without the commas.
      const form = `INSERT INTO "${stack.tableName}" VALUE {'pk': ?, 'sk': ?, 'n': ?, 'v': ?}`
      assert.ok(inspect(inputs[0], { depth: 5 }).includes(form), inspect(inputs, { depth: 5 }))
    })

    test("what is there already stays as it is", async () => {
      const { table } = countedTable(mode)
      const [old, next] = [itemOf({ n: 1 }), itemOf({ n: 1 })]
      assert.equal(await table.insert(old), true)
      const [again, other] = await Promise.all([table.insert({ ...old, n: 2 }), table.insert(next)])
      assert.equal(again, false)
      assert.equal((await getItem(table, keyOf(old), { consistent: true }))?.n, 1)
      // Where all or none of a request is written, the caller writes the other one by itself.
      assert.equal((await getItem(table, keyOf(next), { consistent: true })) !== undefined, other)
    })

    test("of two with one key the first is written", async () => {
      const { table } = countedTable(mode)
      const item = itemOf()
      const answers = await Promise.all([1, 2].map((n) => table.insert({ ...item, n })))
      assert.deepEqual(answers, [true, false])
      assert.equal((await getItem(table, keyOf(item), { consistent: true }))?.n, 1)
    })

    test("one that the table refuses takes no other with it", async () => {
      const { table } = countedTable(mode)
      const claims = [claimOf(++count), { ...claimOf(++count), uuid: "u".repeat(3_000_000) }]
      const [good, huge] = await Promise.allSettled(claims.map((each) => Event.claim(table, each)))
      assert.equal(good!.status === "fulfilled" && good!.value.outcome, "first")
      assert.match(String(huge!.status === "rejected" && huge!.reason), /ValidationException.*size/)
    })

    test("a table that cannot be reached is an error for each", async () => {
      const { dynamodb, close } = makeClients({})
      after(close)
      const insert = makeInsert(dynamodb, "none", mode)
      const answers = await Promise.allSettled([insert(itemOf()), insert(itemOf())])
      assert.deepEqual(
        answers.map(({ status }) => status),
        ["rejected", "rejected"],
      )
    })

    test("claims are decided as by single writes: first, again, duplicate", async () => {
      const { table, requests } = countedTable(mode)
      const hashes = Array.from({ length: 10 }, () => ++count)
      const claim = (message: string) => (hash: number) =>
        Event.claim(table, claimOf(hash, message)).then(({ outcome }) => outcome)
      assert.deepEqual(
        await Promise.all(hashes.map(claim("one"))),
        hashes.map(() => "first"),
      )
      assert.equal(requests.length, 1)
      requests.length = 0
      assert.deepEqual(
        await Promise.all(hashes.map(claim("two"))),
        hashes.map(() => "duplicate"),
      )
      // A copy is read and not written.
      assert.ok(!requests.includes("UpdateItemCommand"), requests.join())
      const fresh = ++count
      const mixed = await Promise.all([...hashes, fresh].map(claim("one")))
      assert.deepEqual(mixed, [...hashes.map(() => "again"), "first"])
    })

    test("an event is the same item by either way, with the version of its form", async () => {
      const { table } = countedTable(mode)
      const write = async (by: Table) => {
        const claim = claimOf(++count)
        await Event.claim(by, claim)
        const key = eventKey(claim.tenant, claim.timeNanos, claim.hash)
        const { pk: _, sk: _sk, ...rest } = (await getItem(table, key, { consistent: true }))!
        return rest
      }
      const item = await write(table)
      assert.equal(item["v"], ITEM_VERSION)
      assert.deepEqual(item, await write({ ...table, insert: undefined }))
    })

    for (const status of ["delivered", "pending", "failed"] as const) {
      test(`a delivery ${status} at the first attempt is the same item by either way, and won once`, async () => {
        const { table, requests } = countedTable(mode)
        const due = status === "pending" ? { at: now + 9000, nextAt: now + 5000 } : undefined
        const change = { status, due, attempt: attemptOf("att_1"), isNew: true }
        const write = async (by: Table) => {
          const facts = factsOf(++count)
          assert.equal(await Delivery.advance(by, facts, 0, change), "won")
          // Its own answer lost, and another copy's.
          assert.equal(await Delivery.advance(by, facts, 0, change), "won")
          const other = { ...change, attempt: attemptOf("att_2") }
          assert.equal(await Delivery.advance(by, facts, 0, other), "lost")
          return readWithoutIds(table, facts)
        }
        const one = await write(table)
        assert.equal(requests[0], command)
        assert.deepEqual(one, await write({ ...table, insert: undefined }))
      })
    }

    test("a delivery that is deferred before its first attempt is the same item by either way", async () => {
      const { table, requests } = countedTable(mode)
      const due = { at: now + 9000, nextAt: now + 5000 }
      const change = { status: "pending", due, slot: now, keepsTurn: true, isNew: true } as const
      const defer = async (by: Table) => {
        const facts = factsOf(++count)
        assert.equal(await Delivery.advance(by, facts, 0, change), "won")
        // Another copy of the message defers it again, and a third attempts it.
        assert.equal(await Delivery.advance(by, facts, 0, change), "won")
        const item = await readWithoutIds(table, facts)
        const attempted = { status: "delivered", attempt: attemptOf("att_1"), isNew: true } as const
        assert.equal(await Delivery.advance(by, facts, 0, attempted), "won")
        assert.equal(await Delivery.advance(by, facts, 0, change), "lost")
        return item
      }
      const one = await defer(table)
      assert.equal(requests[0], command)
      assert.deepEqual(one, await defer({ ...table, insert: undefined }))
    })

    test("twenty copies at once have one first", async () => {
      const { table } = countedTable(mode)
      const hash = ++count
      const copies = Array.from({ length: 20 }, (_, n) => Event.claim(table, claimOf(hash, `${n}`)))
      const outcomes = (await Promise.all(copies)).map(({ outcome }) => outcome)
      assert.equal(outcomes.filter((outcome) => outcome === "first").length, 1)
      assert.equal(outcomes.filter((outcome) => outcome === "duplicate").length, 19)
    })
  })
}
