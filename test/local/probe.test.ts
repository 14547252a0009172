import { ListQueuesCommand } from "@aws-sdk/client-sqs"
import { probeDynamodb, probeSqs } from "@ringback/local/probe"
import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer, request as httpRequest } from "node:http"
import { text } from "node:stream/consumers"
import type { AddressInfo } from "node:net"
import { after, before, test, type TestContext } from "node:test"
import { makeDir } from "../harness/directory.ts"
import { spawnRingback } from "../harness/ringback.ts"
import { makeClients, startStack, type Stack } from "../harness/stack.ts"

let stack: Stack
before(async () => void (stack = await startStack()))
after(() => stack.close())

type Change = (operation: string, body: string) => { refuse?: string; body?: string }

/** A service that passes on what it is asked, but for what `change` says. */
async function startPartial(t: TestContext, url: string, change: Change): Promise<string> {
  const server = createServer(async (request, response) => {
    const [, operation = ""] = String(request.headers["x-amz-target"]).split(".")
    const { refuse, body = "" } = { body: undefined, ...change(operation, await text(request)) }
    if (refuse !== undefined) {
      response.writeHead(400, { "content-type": "application/x-amz-json-1.0" })
      response.end(JSON.stringify({ __type: refuse, message: "not here" }))
      return
    }
    const { "content-length": _, "transfer-encoding": __, ...headers } = request.headers
    const passed = httpRequest(url, { method: "POST", headers, agent: false }).end(body)
    const [answer] = await once(passed, "response")
    response.writeHead(answer.statusCode, answer.headers)
    answer.pipe(response)
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  t.after(() => (server.closeAllConnections(), void server.close()))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test("services that have all that is needed pass, and nothing of the probe is left", async () => {
  await probeSqs(stack.sqs)
  await probeDynamodb(stack.dynamodb, stack.tableName)
  const { QueueUrls = [] } = await stack.sqs.send(new ListQueuesCommand({}))
  assert.ok(QueueUrls.every((url) => !url.includes("RingbackProbe")))
})

test("an SQS that refuses MessageGroupId ends the start: one line that says so, exit 2", async (t) => {
  const sqsUrl = await startPartial(t, stack.sqsUrl, (_operation, body) =>
    body.includes("MessageGroupId") ? { refuse: "InvalidParameterValue" } : { body },
  )
  const ringback = spawnRingback(t, {
    RINGBACK_DATA_DIR: makeDir(),
    AWS_ENDPOINT_URL_SQS: sqsUrl,
    AWS_ENDPOINT_URL_DYNAMODB: stack.dynamodbUrl,
  })
  assert.equal(await ringback.ended, 2)
  assert.match(
    ringback.stderr(),
    /^ringback: AWS_ENDPOINT_URL_SQS: it lacks MessageGroupId on a standard queue \(SendMessageBatch\) \(.*InvalidParameterValue.*not here\); use another [^\n]*\n$/,
  )
  assert.equal(ringback.stdout(), "")
})

test("each call that is refused is named", async (t) => {
  for (const refused of ["ChangeMessageVisibilityBatch", "DeleteMessageBatch", "ReceiveMessage"]) {
    const sqsUrl = await startPartial(t, stack.sqsUrl, (operation, body) =>
      operation === refused ? { refuse: "UnsupportedOperation" } : { body },
    )
    const { sqs, close } = makeClients({ sqsUrl })
    await assert.rejects(probeSqs(sqs), new RegExp(`AWS_ENDPOINT_URL_SQS: it lacks ${refused} `))
    close()
  }
})

test("a DynamoDB that passes over conditions is refused", async (t) => {
  const dynamodbUrl = await startPartial(t, stack.dynamodbUrl, (_operation, body) => {
    const { ConditionExpression: _, ...rest } = JSON.parse(body) as Record<string, unknown>
    return { body: JSON.stringify(rest) }
  })
  const { dynamodb, close } = makeClients({ dynamodbUrl })
  await assert.rejects(
    probeDynamodb(dynamodb, stack.tableName),
    /AWS_ENDPOINT_URL_DYNAMODB: it lacks PutItem with ConditionExpression \(the condition was passed over\)/,
  )
  close()
})
