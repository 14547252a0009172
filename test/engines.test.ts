import assert from "node:assert/strict"
import { test } from "node:test"
import { startServices } from "./harness/stack.ts"

test("named services are used, but for tests that move the clock: those have engines of their own", async (t) => {
  const names = ["AWS_ENDPOINT_URL_SQS", "AWS_ENDPOINT_URL_DYNAMODB"]
  const before = names.map((name) => [name, process.env[name]] as const)
  t.after(() => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  })
  const elsewhere = "http://127.0.0.1:9"
  for (const name of names) process.env[name] = elsewhere
  const named = await startServices()
  assert.deepEqual([named.sqsUrl, named.dynamodbUrl], [elsewhere, elsewhere])
  await named.close()
  const own = await startServices({ isClockMoved: true })
  assert.ok(own.sqsUrl !== elsewhere && own.dynamodbUrl !== elsewhere)
  await own.close()
})
