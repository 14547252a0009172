import assert from "node:assert/strict"
import { after, before, beforeEach, describe, test } from "node:test"
import { ScanCommand } from "@aws-sdk/client-dynamodb"
import { unmarshall } from "@aws-sdk/util-dynamodb"
import { answer } from "../harness/receiver.ts"
import { startWorld, type World } from "../harness/world.ts"

let world: World
before(async () => void (world = await startWorld()))
after(() => world.close())
beforeEach(() => world.begin())

/** A delivery that fails ten times, and how many KB its item took each time that it was written after an attempt. */
async function failTenTimes(bodyOf: (attempt: number) => string) {
  const { id, arrived } = await world.addEndpoint()
  world.receiver.behave((_, response) => answer(response, 500, {}, bodyOf(arrived().length)))
  await world.say()
  const kilobytes: number[] = []
  const until = world.now() + 7 * 24 * 3600_000
  await world.pump()
  for (let attempts = 1; world.now() < until; attempts++) {
    kilobytes.push(Math.ceil((await itemBytes(id)) / 1024))
    const [delivery] = await world.deliveries({ endpointId: id })
    if (delivery!.status === "failed") break
    await world.run(delivery!.nextAt! + 1)
    assert.equal(arrived().length, attempts + 1)
  }
  const [delivery] = await world.deliveries({ endpointId: id })
  return { delivery: delivery!, kilobytes }
}

async function itemBytes(endpointId: string): Promise<number> {
  const { Items = [] } = await world.stack.dynamodb.send(
    new ScanCommand({ TableName: world.stack.tableName }),
  )
  const items = Items.map((item) => unmarshall(item))
  const item = items.find((each) => /#D#/.test(each["pk"]) && each["endpointId"] === endpointId)
  return sizeOf(item) - 3
}

/** As DynamoDB counts: names and texts by their bytes, numbers about 8, 3 for each map or list and 1 for each of its parts. */
function sizeOf(value: unknown): number {
  if (typeof value === "string") return Buffer.byteLength(value)
  if (typeof value === "number") return 8
  if (value === null || typeof value !== "object") return 1
  const parts = Array.isArray(value)
    ? value.map((each) => 1 + sizeOf(each))
    : Object.entries(value).map(([name, each]) => 1 + Buffer.byteLength(name) + sizeOf(each))
  return 3 + parts.reduce((sum, size) => sum + size, 0)
}

describe("a delivery that fails ten times", () => {
  test("keeps the receiver's answer once where it is the same, and shows it with each attempt", async (t) => {
    const body = "down for maintenance ".repeat(60)
    const { delivery, kilobytes } = await failTenTimes(() => body)
    t.diagnostic(`KB at each write: ${kilobytes.join(" ")}`)
    assert.equal(delivery.attemptCount, 10)
    for (const { responseBody } of delivery.attempts)
      assert.equal(responseBody, body.slice(0, 1024))
    assert.ok(Math.max(...kilobytes) <= 3, kilobytes.join(" "))
    assert.ok(kilobytes.reduce((sum, each) => sum + each, 0) <= 26, kilobytes.join(" "))
  })

  test("keeps a part of each answer that differs from the one before", async (t) => {
    const bodyOf = (attempt: number) => `failure ${attempt} ${"x".repeat(1500)}`
    const { delivery, kilobytes } = await failTenTimes(bodyOf)
    t.diagnostic(`KB at each write: ${kilobytes.join(" ")}`)
    const [first, ...others] = delivery.attempts
    assert.equal(first!.responseBody!.length, 1024)
    assert.equal(others.length, 9)
    for (const [index, { responseBody }] of others.entries())
      assert.match(responseBody!, new RegExp(`^failure ${index + 2} x{200}`))
    assert.ok(kilobytes.reduce((sum, each) => sum + each, 0) <= 40, kilobytes.join(" "))
  })
})
