import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import { PurgeQueueCommand } from "@aws-sdk/client-sqs"
import { sendDue } from "@ringback/functions/release/send-due"
import { findUnfinished } from "@ringback/functions/release/resend"
import { commonShards, listDue } from "@ringback/store/due"
import { answer, ok } from "../harness/receiver.ts"
import { makeClients } from "../harness/stack.ts"
import { makeDeps } from "../harness/system.ts"
import { startWorld, type World } from "../harness/world.ts"

// One machine, killed between the claim of a delivery and its message.

let world: World
before(async () => void (world = await startWorld()))
after(() => world.close())
beforeEach(() => world.begin())

const SECOND = 1000
const MINUTE = 60 * SECOND

/** Deliveries whose first attempt failed. */
async function fail(count: number) {
  const { arrived } = await world.addEndpoint()
  world.receiver.behave((_, response) => answer(response, 500))
  for (let event = 0; event < count; event++) await world.say()
  await world.pump()
  world.receiver.behave(ok)
  world.receiver.arrived.length = 0
  return { arrived }
}

/** A process that dies: none of its requests to SQS leaves. */
function dyingDeps() {
  const clients = makeClients(world.stack)
  const asked = Promise.withResolvers<void>()
  clients.sqs.middlewareStack.add(
    () => () => {
      asked.resolve()
      return new Promise(() => {})
    },
    { step: "initialize", name: "die" },
  )
  return { deps: makeDeps(world.stack, { now: world.now, clients }), asked: asked.promise, clients }
}

const allDue = async (until: number) => {
  const pages = await Promise.all(
    commonShards.map((shard) => listDue(world.deps.table, shard, until, 100)),
  )
  return pages.flatMap(({ entries }) => entries)
}

for (const moves of [false, true])
  test(`what a killed process had claimed ${moves ? "by a move" : "in place"} is sent after the restart, once`, async (t) => {
    const { arrived } = await fail(5)
    // The delayed messages of the first retries are lost with the queue, and the table brings them.
    const QueueUrl = world.stack.queues.Retry.url
    await world.stack.sqs.send(new PurgeQueueCommand({ QueueUrl }))
    world.advance(16 * MINUTE)
    const { deps, asked, clients } = dyingDeps()
    t.after(() => clients.close())
    void sendDue(deps, await allDue(world.now()), { moves })
    await asked
    // The restart.
    const resend = await findUnfinished(world.deps, world.now())
    world.advance(30 * SECOND)
    await world.release()
    assert.equal(arrived().length, 0, "claimed, so release leaves them")
    assert.equal(await resend(), 5)
    await world.pump()
    assert.equal(arrived().length, 5)
    assert.equal(await resend(), 0)
  })

test("what waits for its time, has a message for later, or went on meanwhile is left alone", async () => {
  const { arrived } = await fail(3)
  const early = await findUnfinished(world.deps, world.now() - 30 * SECOND)
  assert.equal(await early(), 0)
  const late = await findUnfinished(world.deps, world.now())
  world.receiver.behave((_, response) => answer(response, 500))
  world.advance(30 * SECOND)
  await world.pump()
  assert.equal(arrived().length, 3, "the delayed messages of the retries came")
  assert.equal(await late(), 0)
  // Their next retries are due in more than 15 minutes or have messages of their own.
  world.advance(30 * SECOND)
  assert.equal(await (await findUnfinished(world.deps, world.now() - 45 * SECOND))(), 0)
})
