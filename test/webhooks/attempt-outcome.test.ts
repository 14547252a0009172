import assert from "node:assert/strict"
import { test } from "node:test"
import { outcomeOf } from "@ringback/webhooks/attempt-outcome"
import { startRawReceiver, startSender } from "./receiver.ts"

const answer = { statusCode: 302, durationMs: 1, bodyStart: Buffer.alloc(0) }
const errorOf = (location: string | undefined, statusCode = 302) =>
  outcomeOf({ ...answer, statusCode, location }, 0).error

test("where a redirect leads is said up to 300 characters, without what may be secret", () => {
  const redirect = "answered 302: redirects are not followed"
  assert.equal(errorOf(undefined), redirect)
  assert.equal(errorOf("https://u:p@a.example/b#c"), `${redirect} (to https://a.example/b)`)
  assert.equal(errorOf("https://a.example/b?token=x"), `${redirect} (to https://a.example/b...)`)
  const long = `https://a.example/${"x".repeat(282)}`
  assert.equal(long.length, 300)
  assert.equal(errorOf(long), `${redirect} (to ${long})`)
  assert.equal(errorOf(`${long}y`), `${redirect} (to ${long}...)`)
  for (const status of [299, 304, 400]) {
    const { error, ok } = outcomeOf({ ...answer, statusCode: status, location: long }, 0)
    assert.equal(error, ok ? null : `answered ${status}`)
  }
})

test("a switch of protocols is a final answer, and no success", async (t) => {
  const receiver = await startRawReceiver(t, (socket) => {
    socket.end(
      "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    )
  })
  const { post } = startSender(t)
  assert.equal((await post(`${receiver.origin}/`)).ok, false)
})
