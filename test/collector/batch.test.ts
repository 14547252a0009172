import assert from "node:assert/strict"
import { test, type TestContext } from "node:test"
import { sendBatch } from "@ringback/collector/batch"
import { accept, type QueueAnswer, type Sent, startQueueServer } from "./queue-server.ts"

async function setUp(t: TestContext, decide: (entries: Sent[]) => QueueAnswer) {
  const { url, sqs, requests, close } = await startQueueServer(decide)
  t.after(close)
  const never = new AbortController().signal
  const send = (bodies: string[], signal = never) => sendBatch(sqs, url, "src_a", bodies, signal)
  return { send, requests }
}

test("what the queue took, refused for good and did not take is told apart, by its place in the batch", async (t) => {
  const failures: [code: string | undefined, isSenders: boolean][] = [
    ["InvalidMessageContents", true],
    ["InternalError", false],
    ["ThrottlingException", true],
    ["AccessDenied", true],
    ["KmsThrottled", true],
    ["OverLimit", true],
    ["AuthFailure", true],
    ["ExpiredToken", true],
    ["InvalidCredentials", true],
    [undefined, true],
    ["InvalidMessageContents", false],
  ]
  const { send, requests } = await setUp(t, (entries) => ({
    Successful: entries.slice(0, 1).map(accept),
    // The last one is not mentioned at all.
    Failed: failures.map(([Code, SenderFault], index) => ({
      Id: String(index + 1),
      SenderFault,
      Code,
      ...(Code && { Message: `about ${Code}` }),
    })),
  }))
  const bodies = Array.from({ length: failures.length + 2 }, (_, index) => `body ${index}`)
  assert.deepEqual(await send(bodies), {
    isReached: true,
    accepted: [0],
    refused: [
      { index: 1, code: "InvalidMessageContents", message: "about InvalidMessageContents" },
      { index: 10, code: "", message: "" },
    ],
    failed: [2, 3, 4, 5, 6, 7, 8, 9, 11, 12],
  })
  const entryOf = (MessageBody: string, index: number) => ({
    Id: String(index),
    MessageBody,
    MessageGroupId: "src_a",
  })
  assert.deepEqual(requests, [bodies.map(entryOf)])
})

test("a batch that is refused whole for one of its messages is sent message by message", async (t) => {
  const verdicts: Record<string, QueueAnswer> = {
    bad: { status: 400, error: "InvalidMessageContents" },
    invalid: { status: 400, error: "InvalidParameterValue" },
    long: { status: 400, error: "BatchRequestTooLong" },
    away: { status: 500, error: "InternalFailure" },
    later: { Failed: [{ Id: "0", SenderFault: false, Code: "InternalError" }] },
    never: { Failed: [{ Id: "0", SenderFault: true, Code: "Bad", Message: "no" }] },
  }
  const { send, requests } = await setUp(t, (entries) =>
    entries.length > 1
      ? { status: 400, error: "BatchRequestTooLong" }
      : (verdicts[entries[0]!.MessageBody] ?? { Successful: entries.map(accept) }),
  )
  const bodies = ["good", "bad", "away", "invalid", "later", "long", "never", "good"]
  assert.deepEqual(await send(bodies), {
    isReached: true,
    accepted: [0, 7],
    refused: [
      { index: 1, code: "InvalidMessageContents", message: "it says InvalidMessageContents" },
      { index: 3, code: "InvalidParameterValue", message: "it says InvalidParameterValue" },
      { index: 5, code: "BatchRequestTooLong", message: "it says BatchRequestTooLong" },
      { index: 6, code: "Bad", message: "no" },
    ],
    failed: [2, 4],
  })
  assert.deepEqual(
    requests.slice(1).map((entries) => entries.map(({ MessageBody }) => MessageBody)),
    bodies.map((body) => [body]),
  )
})

test("a queue that cannot be asked refuses nothing", async (t) => {
  let answer: QueueAnswer = null
  const { send, requests } = await setUp(t, () => answer)
  const unreached = async (name: string, signal?: AbortSignal) => {
    const result = await send(["a", "b"], signal)
    assert.ok(!result.isReached)
    assert.match(result.error.name, new RegExp(name))
  }
  await unreached("Error")
  for (const error of ["ThrottlingException", "AccessDenied", "QueueDoesNotExist"]) {
    answer = { status: 400, error }
    await unreached(error)
  }
  assert.equal(requests.length, 4, "each was asked once")
  await unreached("AbortError", AbortSignal.abort())
  answer = {}
  assert.deepEqual(await send(["a"]), { isReached: true, accepted: [], refused: [], failed: [0] })
})
