import assert from "node:assert/strict"
import { test } from "node:test"
import { setImmediate } from "node:timers/promises"
import { limitUnwritten, type Unwritten } from "@ringback/functions/deliver/unsaved-outcomes"

const NEVER_MS = 1e6

/** Asks for POSTs to one endpoint and keeps what has begun. */
function startWith(unwritten: Unwritten, shortMs: number | undefined, endpointId = "ep_a") {
  const begun: (() => void)[] = []
  return {
    begun,
    async ask(count: number) {
      for (let index = 0; index < count; index++) {
        void unwritten.begin(endpointId, shortMs).then((end) => begun.push(end))
      }
      await setImmediate()
      return begun.length
    },
  }
}

test("a quick endpoint has six unwritten webhooks, and one more for each that is written", async () => {
  const { ask, begun } = startWith(limitUnwritten(NEVER_MS), 3)
  assert.equal(await ask(20), 6)
  // Its place goes to one that waits, although nothing new asks for one.
  begun[0]!()
  assert.equal(await ask(0), 7)
  begun[1]!()
  // A place that is passed on is not taken by what comes at that moment.
  assert.equal(await ask(3), 8)
  // What has ended once does not end again.
  begun[0]!()
  assert.equal(await ask(0), 8)
  for (let index = 2; index < begun.length; index++) {
    begun[index]!()
    await setImmediate()
  }
  assert.equal(begun.length, 23)
  assert.equal(await ask(7), 29)
})

test("one that takes longer has as many as it needs, and fewer when it gets quicker", async () => {
  const unwritten = limitUnwritten(NEVER_MS)
  const slow = startWith(unwritten, 100)
  assert.equal(await slow.ask(100), 60)
  const quick = startWith(unwritten, 3)
  await quick.ask(1)
  for (const end of slow.begun.splice(0)) end()
  await setImmediate()
  // Of the sixty places most are given up.
  assert.ok(slow.begun.length <= 7, `${slow.begun.length} have begun`)
})

test("one that nothing is known of waits for nothing, and neither does another endpoint", async () => {
  const unwritten = limitUnwritten(NEVER_MS)
  assert.equal(await startWith(unwritten, undefined).ask(50), 50)
  assert.equal(await startWith(unwritten, 3, "ep_b").ask(7), 6)
  assert.equal(await startWith(unwritten, 3, "ep_c").ask(7), 6)
})

test("none waits for long for an endpoint that has stopped answering", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] })
  const { ask, begun } = startWith(limitUnwritten(250), 3)
  assert.equal(await ask(8), 6)
  t.mock.timers.tick(249)
  assert.equal(await ask(0), 6)
  t.mock.timers.tick(1)
  assert.equal(await ask(0), 8)
  for (const end of begun.splice(0)) end()
  assert.equal(await ask(8), 6)
})
