import assert from "node:assert/strict"
import { after, before, beforeEach, describe, test } from "node:test"
import { disableEndpoint } from "@ringback/functions/endpoint/disable"
import * as Endpoint from "@ringback/store/endpoint"
import { answer, ok } from "../harness/receiver.ts"
import { makeClients } from "../harness/stack.ts"
import { pumpAll } from "../harness/system.ts"
import { startWorld, type World } from "../harness/world.ts"

let world: World
before(async () => void (world = await startWorld()))
after(() => world.close())
beforeEach(() => world.begin())

const endpointOf = async (id: string) =>
  (await Endpoint.get(world.deps.table, world.customer.tenant, id, { consistent: true }))!

describe("a 410", () => {
  test("from a place that the endpoint has left meanwhile disables nothing", async () => {
    const { id, path } = await world.addEndpoint()
    const { table } = world.deps
    world.receiver.behave(async (arrived, response) => {
      if (arrived.path !== path) return ok(arrived, response)
      const url = `${world.receiver.url}moved-${id}`
      await Endpoint.update(table, world.customer.tenant, id, { url })
      answer(response, 410)
    })
    await world.say()
    await world.pump()
    assert.equal((await endpointOf(id)).disabled, false)
    const [delivery] = await world.deliveries({ endpointId: id })
    assert.equal(delivery!.status, "pending")
    world.advance(11_000)
    await world.pump()
    assert.equal((await world.deliveries({ endpointId: id }))[0]!.status, "delivered")
  })
})

describe("a 410 and a change of the URL at the same moment", () => {
  /** The worker's own client, and a change of the URL right before it writes that the endpoint is disabled. */
  function movedBeforeDisabling(id: string) {
    const { stack, deps, customer } = world
    const clients = makeClients(stack)
    clients.dynamodb.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          const { UpdateExpression = "" } = args.input as { UpdateExpression?: string }
          if (commandName === "UpdateItemCommand" && UpdateExpression.includes("#disabledReason"))
            await Endpoint.update(deps.table, customer.tenant, id, {
              url: `${world.receiver.url}moved-${id}`,
            })
          return next(args)
        },
      { step: "initialize", name: "moved" },
    )
    const table = { ...deps.table, client: clients.dynamodb }
    return { deps: { ...deps, table }, close: () => clients.close() }
  }

  test("leaves the new URL enabled, and the delivery pending for it", async (t) => {
    const { id, path } = await world.addEndpoint()
    const moved = movedBeforeDisabling(id)
    t.after(moved.close)
    world.receiver.behave((arrived, response) =>
      arrived.path === path ? answer(response, 410) : ok(arrived, response),
    )
    await world.say()
    await pumpAll(world.stack, moved.deps)
    assert.equal((await endpointOf(id)).disabled, false)
    assert.match((await endpointOf(id)).url!, /moved/)
    assert.equal((await world.deliveries({ endpointId: id }))[0]!.status, "pending")
    world.advance(11_000)
    await world.pump()
    assert.equal((await world.deliveries({ endpointId: id }))[0]!.status, "delivered")
  })

  test("of two workers who hear a 410 at once both hold their delivery", async () => {
    const { id } = await world.addEndpoint()
    const endpoint = await endpointOf(id)
    const answers = await Promise.all(
      [1, 2].map(() => disableEndpoint(world.deps, endpoint, "gone", undefined)),
    )
    assert.deepEqual(answers, [true, true])
    assert.equal((await endpointOf(id)).disabledReason, "gone")
  })
})
