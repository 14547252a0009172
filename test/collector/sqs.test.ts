import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer, type IncomingMessage } from "node:http"
import type { Agent } from "node:https"
import type { AddressInfo } from "node:net"
import { after, before, beforeEach, test } from "node:test"
import { SendMessageCommand } from "@aws-sdk/client-sqs"
import { makeSqs } from "@ringback/collector/sqs"

const asked: IncomingMessage[] = []
let status = 200
const server = createServer((request, response) => {
  asked.push(request)
  response.writeHead(status, { "content-type": "application/x-amz-json-1.0" }).end("{}")
})
let origin: string
before(async () => {
  await once(server.listen(0, "127.0.0.1"), "listening")
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
after(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(() => {
  asked.length = 0
  status = 200
})

const AWS = "https://sqs.eu-central-1.amazonaws.com/123456789012/ingest"
const signer = () => /Credential=([^/]+)\/\d+\/([^/]+)\//.exec(asked.at(-1)!.headers.authorization!)

async function send(queueUrl: string, environment: Record<string, string> = {}) {
  const sqs = makeSqs("eu-west-1", queueUrl, environment)
  try {
    await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: "x" }))
  } finally {
    sqs.destroy()
  }
}

test("a queue outside AWS is reached at its own URL, and one on this machine needs no credentials", async () => {
  await send(`${origin}/000000000000/ingest`)
  assert.equal(asked.length, 1)
  assert.deepEqual(signer()?.slice(1), ["local", "eu-west-1"])
  for (const host of ["localhost", "queue.localhost", "127.1.2.3", "[::1]"]) {
    const sqs = makeSqs("eu-west-1", `http://${host}:9/0/ingest`, {})
    assert.equal((await sqs.config.credentials()).accessKeyId, "local", host)
    sqs.destroy()
  }
})

test("an endpoint that is set is asked instead of the queue's host, SQS's own before the common one", async () => {
  await send(AWS, { AWS_ENDPOINT_URL_SQS: origin, AWS_ENDPOINT_URL: "http://127.0.0.1:9" })
  await send(AWS, { AWS_ENDPOINT_URL: origin })
  await send("http://127.0.0.1:9/0/ingest", { AWS_ENDPOINT_URL_SQS: origin })
  assert.equal(asked.length, 3)
  assert.equal(signer()?.[1], "local")
})

test("a queue of AWS is asked at its Region's endpoint, with the credentials of the environment", async () => {
  for (const host of [
    "sqs.eu-central-1.amazonaws.com",
    "sqs.cn-north-1.amazonaws.com.cn",
    "sqs.eu-central-1.api.aws",
  ]) {
    const sqs = makeSqs("eu-central-1", `https://${host}/123456789012/ingest`, {})
    assert.equal(sqs.config.isCustomEndpoint ?? false, false, host)
    sqs.destroy()
  }
  for (const host of ["amazonaws.com.example", "sqs.example", "notamazonaws.com"]) {
    const sqs = makeSqs("eu-central-1", `https://${host}/1/ingest`, {})
    assert.equal(sqs.config.isCustomEndpoint, true, host)
    assert.equal((await sqs.config.endpoint!()).hostname, host)
    sqs.destroy()
  }
})

test("a queue's URL of an older form is asked at its Region's endpoint too", async (t) => {
  const before = { ...process.env }
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: "mine", AWS_SECRET_ACCESS_KEY: "secret" })
  t.after(() => void (process.env = before))
  const queueUrl = "https://eu-central-1.queue.amazonaws.com/123456789012/ingest"
  const sqs = makeSqs("eu-central-1", queueUrl, {})
  const hosts: string[] = []
  // The last step before the request is sent, which it is not.
  sqs.middlewareStack.add(
    () => (args) => {
      hosts.push((args.request as { hostname: string }).hostname)
      return Promise.reject(new Error("not sent"))
    },
    { step: "build", priority: "low" },
  )
  const command = new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: "x" })
  await assert.rejects(sqs.send(command), /not sent/)
  assert.deepEqual(hosts, ["sqs.eu-central-1.amazonaws.com"])
  sqs.destroy()
})

test("credentials of the environment are used for a local queue, too", async (t) => {
  const own = { AWS_ACCESS_KEY_ID: "mine", AWS_SECRET_ACCESS_KEY: "secret" }
  const before = { ...process.env }
  Object.assign(process.env, own)
  t.after(() => void (process.env = before))
  await send(`${origin}/0/ingest`, own)
  assert.equal(signer()?.[1], "mine")
})

test("an endpoint on another machine gets no credentials but those of the environment", async (t) => {
  const before = { ...process.env }
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: "mine", AWS_SECRET_ACCESS_KEY: "secret" })
  t.after(() => void (process.env = before))
  const sqs = makeSqs("eu-west-1", AWS, { AWS_ENDPOINT_URL_SQS: "https://sqs.internal.example" })
  assert.equal((await sqs.config.credentials()).accessKeyId, "mine")
  sqs.destroy()
})

test("a request has 5 s to connect and 20 s to be answered, over 50 connections at most", async () => {
  const sqs = makeSqs("eu-west-1", `${origin}/0/ingest`, {})
  const handler = sqs.config.requestHandler as unknown as { httpHandlerConfigs(): unknown }
  await sqs.send(new SendMessageCommand({ QueueUrl: `${origin}/0/ingest`, MessageBody: "x" }))
  const { connectionTimeout, requestTimeout, throwOnRequestTimeout, httpsAgent } =
    handler.httpHandlerConfigs() as Record<string, unknown>
  assert.deepEqual(
    [connectionTimeout, requestTimeout, throwOnRequestTimeout, (httpsAgent as Agent).maxSockets],
    [5_000, 20_000, true, 50],
  )
  sqs.destroy()
})

test("a request that fails is sent once: the sender repeats what is left of it", async () => {
  status = 500
  await assert.rejects(send(`${origin}/0/ingest`))
  assert.equal(asked.length, 1)
})
