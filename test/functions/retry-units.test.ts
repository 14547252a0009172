import assert from "node:assert/strict"
import { randomBytes } from "node:crypto"
import { after, before, beforeEach, describe, test } from "node:test"
import type { UpdateItemCommandOutput } from "@aws-sdk/client-dynamodb"
import { answer } from "../harness/receiver.ts"
import { startWorld, type World } from "../harness/world.ts"

let world: World
/** Write units of the deliveries' items, those of their index entries left out. */
let units = 0
before(async () => {
  world = await startWorld()
  world.stack.dynamodb.middlewareStack.add(
    (next) => async (args) => {
      Object.assign(args.input, { ReturnConsumedCapacity: "TOTAL" })
      const result = await next(args)
      const { Key } = args.input as { Key?: { pk?: { S?: string } } }
      const { ConsumedCapacity } = result.output as UpdateItemCommandOutput
      const isWrite = "UpdateExpression" in args.input
      if (isWrite && Key?.pk?.S?.includes("#D#")) units += ConsumedCapacity?.CapacityUnits ?? 0
      return result
    },
    { step: "initialize", name: "units" },
  )
})
after(() => world.close())
beforeEach(() => world.begin())

/** A delivery that fails ten times, and what was written for it, claims included. */
async function failTenTimes(bodyOf: (attempt: number) => string) {
  const { id, arrived } = await world.addEndpoint()
  world.receiver.behave((_, response) => answer(response, 500, {}, bodyOf(arrived().length)))
  units = 0
  await world.say()
  const until = world.now() + 7 * 24 * 3600_000
  await world.pump()
  for (let attempts = 1; world.now() < until; attempts++) {
    const [delivery] = await world.deliveries({ endpointId: id })
    if (delivery!.status === "failed") break
    await world.run(delivery!.nextAt! + 1)
    assert.equal(arrived().length, attempts + 1)
  }
  const [delivery] = await world.deliveries({ endpointId: id })
  assert.equal(delivery!.attemptCount, 10)
  return delivery!
}

// As a web server's page about an error: with an id and a time of its own each time.
const page = (attempt: number) =>
  `<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1>` +
  `<p>The upstream server did not answer in time. Please try again in some minutes, or tell the administrator.</p>` +
  `<p>Request ${randomBytes(16).toString("hex")} at 2026-11-22T06:0${attempt % 10}:17Z</p>` +
  `<hr><address>nginx/1.29.3 at crm.example.com Port 443</address>${" ".repeat(700)}</body></html>`

const random = () => randomBytes(1200).toString("base64")

describe("a delivery that fails ten times keeps the first KB of each answer", () => {
  for (const [what, bodyOf, limit] of [
    ["that is the same each time", () => "down for maintenance ".repeat(60), 25],
    ["of a page that names each request", page, 30],
    ["whose bytes are random, which is as dear as it gets", random, 100],
  ] as const) {
    test(what, async (t) => {
      const said: string[] = []
      const delivery = await failTenTimes((attempt) => {
        said.push(bodyOf(attempt))
        return said.at(-1)!
      })
      t.diagnostic(`write units of the item: ${units}`)
      assert.deepEqual(
        delivery.attempts.map(({ responseBody }) => responseBody),
        said.map((body) => body.slice(0, 1024)),
      )
      assert.ok(units <= limit, `${units} units`)
    })
  }
})
