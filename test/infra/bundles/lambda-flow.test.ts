import assert from "node:assert/strict"
import { createServer } from "node:http"
import { once } from "node:events"
import type { AddressInfo } from "node:net"
import { text } from "node:stream/consumers"
import { after, before, describe, test } from "node:test"
import { Webhook } from "standardwebhooks"
import { startStack, type Stack } from "../../harness/stack.ts"
import { type BundleName, bundlePath, bundles, type Running, startBundle } from "./bundle.ts"
import { httpEvent, queueEvent } from "./events.ts"
import { startKmsStub } from "./kms-stub.ts"

const operatorKey = "operator-key-of-the-bundle-test"
const dataKeyArn = "arn:aws:kms:us-east-1:000000000000:key/data"

// As SST links them on AWS: env instead of the encrypted file, local URLs instead of AWS's.
const linked = ({ tableName, queues, rejectedUrl }: Stack) =>
  JSON.stringify({
    App: { name: "ringback", stage: "proof" },
    Table: { name: tableName },
    IngestQueue: { url: queues.Ingest.url },
    DeliveryQueue: { url: queues.Delivery.url },
    RetryQueue: { url: queues.Retry.url },
    JobsQueue: { url: queues.Jobs.url },
    RejectedQueue: { url: rejectedUrl },
    DataKey: { arn: dataKeyArn },
    OperatorKey: { value: operatorKey },
    Api: { url: "https://api.example.com" },
    Settings: {
      allowedNetworks: ["127.0.0.0/8"],
      retentionDays: 30,
      apiRateLimit: 100,
      maxEndpoints: 200,
    },
  })

type Received = { headers: Record<string, string>; body: string }

const startReceiver = async () => {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    received.push({ headers: request.headers as Record<string, string>, body: await text(request) })
    response.writeHead(204).end()
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  const { port } = server.address() as AddressInfo
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { url: `http://127.0.0.1:${port}/hook`, received, close }
}

describe("the bundles under Node 24, with Lambda's events and embedded services", () => {
  let stack: Stack
  let kms: Awaited<ReturnType<typeof startKmsStub>>
  let receiver: Awaited<ReturnType<typeof startReceiver>>
  const running = {} as Record<BundleName, Running>

  before(async () => {
    ;[stack, kms, receiver] = await Promise.all([
      startStack(),
      startKmsStub(dataKeyArn),
      startReceiver(),
    ])
    const environment = {
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "local",
      AWS_SECRET_ACCESS_KEY: "local",
      AWS_ENDPOINT_URL_SQS: stack.sqsUrl,
      AWS_ENDPOINT_URL_DYNAMODB: stack.dynamodbUrl,
      AWS_ENDPOINT_URL_KMS: kms.url,
      SST_RESOURCES_JSON: linked(stack),
    }
    const start = async (name: BundleName) => {
      running[name] = await startBundle(bundlePath(name), environment)
    }
    await Promise.all(bundles.map(start))
  })

  after(async () => {
    for (const each of Object.values(running)) each.close()
    receiver.close()
    kms.close()
    await stack.close()
  })

  const call = async (method: string, path: string, body?: unknown) => {
    const answer = await running.AdminApi.invoke(httpEvent(method, path, operatorKey, body))
    assert.ok(answer.statusCode < 300, `${method} ${path}: ${answer.statusCode} ${answer.body}`)
    return JSON.parse(answer.body)
  }

  test("an event made at the API becomes a verified webhook", async () => {
    const tenant = await call("POST", "/v1/tenants", { name: "Bundles" })
    const home = `/v1/tenants/${tenant.id}`
    const source = await call("POST", `${home}/sources`, { name: "pbx" })
    const endpoint = await call("POST", `${home}/endpoints`, { url: receiver.url })
    const { eventId } = await call("POST", `${home}/sources/${source.id}/test`, {})

    const ingested = await running.Ingest.invoke(
      await queueEvent(stack.sqs, stack.queues.Ingest.url),
    )
    assert.deepEqual(ingested, { batchItemFailures: [] })
    const event = await queueEvent(stack.sqs, stack.queues.Delivery.url)
    assert.equal(event.Records.length, 1)
    assert.deepEqual(await running.Deliver.invoke(event), { batchItemFailures: [] })

    const [webhook] = receiver.received
    assert.ok(webhook)
    assert.equal(webhook.headers["webhook-id"], eventId)
    new Webhook(endpoint.secret).verify(webhook.body, webhook.headers)
    const { data } = await call("GET", `${home}/deliveries`)
    assert.equal(data[0].status, "delivered")
  })

  test("nothing is due", async () => {
    assert.deepEqual(await running.Release.invoke({}), { released: 0 })
  })

  test("a body that is no message of ours goes to the rejected queue", async () => {
    const { Records } = { Records: [sqsRecord("not one of ours")] }
    assert.deepEqual(await running.Ingest.invoke({ Records }), { batchItemFailures: [] })
    const rejected = await queueEvent(stack.sqs, stack.rejectedUrl)
    assert.equal(rejected.Records[0]?.body, "not one of ours")
  })

  test("a job that cannot be read stays in its queue", async () => {
    const answer = await running.Jobs.invoke({ Records: [sqsRecord("no job", "m-1")] })
    assert.deepEqual(answer, { batchItemFailures: [{ itemIdentifier: "m-1" }] })
  })
})

const sqsRecord = (body: string, messageId = "m") => ({
  messageId,
  receiptHandle: "r",
  body,
  attributes: { ApproximateReceiveCount: "1", SentTimestamp: String(Date.now()) },
  messageAttributes: {},
  eventSource: "aws:sqs",
})
