import assert from "node:assert/strict"
import { randomBytes } from "node:crypto"
import { after, before, beforeEach, describe, test } from "node:test"
import { failTenTimes } from "../harness/ten-failures.ts"
import { startWorld, type World } from "../harness/world.ts"
import { watchWriteUnits, type WriteUnits } from "../harness/write-units.ts"

let world: World
let units: WriteUnits
before(async () => {
  world = await startWorld()
  units = watchWriteUnits(world.stack)
})
after(async () => {
  units.close()
  await world.close()
})
beforeEach(() => world.begin())

// As a web server's page about an error: with an id and a time of its own each time.
const page = (attempt: number) =>
  `<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1>` +
  `<p>The upstream server did not answer in time. Please try again in some minutes, or tell the administrator.</p>` +
  `<p>Request ${randomBytes(16).toString("hex")} at 2026-11-22T06:0${attempt % 10}:17Z</p>` +
  `<hr><address>nginx/1.29.3 at crm.example.com Port 443</address>${" ".repeat(700)}</body></html>`

const random = () => randomBytes(1200).toString("base64")

describe("a delivery that fails ten times keeps the first KB of each answer", () => {
  for (const [what, bodyOf, limit] of [
    ["that is the same each time", () => "down for maintenance ".repeat(60), 40],
    ["of a page that names each request", page, 40],
    ["whose bytes are random, which is as dear as it gets", random, 120],
  ] as const) {
    test(what, async (t) => {
      const said: string[] = []
      const say = (attempt: number) => {
        said.push(bodyOf(attempt))
        return said.at(-1)!
      }
      const delivery = await failTenTimes(world, say, () => units.reset())
      const { item, due, open } = units
      t.diagnostic(`write units: item ${item}, index due ${due}, index open ${open}`)
      assert.deepEqual(
        delivery.attempts.map(({ responseBody }) => responseBody),
        said.map((body) => body.slice(0, 1024)),
      )
      assert.ok(item + due + open <= limit, `${item + due + open} units`)
    })
  }
})
