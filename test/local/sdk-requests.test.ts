import { ListTablesCommand } from "@aws-sdk/client-dynamodb"
import { ListQueuesCommand } from "@aws-sdk/client-sqs"
import { findDynoxide } from "@ringback/local/dynoxide-engine"
import { type Engines, startEngines } from "@ringback/local/engines"
import assert from "node:assert/strict"
import { once } from "node:events"
import { request, type IncomingMessage } from "node:http"
import { after, before, describe, it } from "node:test"
import { makeClients } from "../harness/stack.ts"

type Headers = Record<string, string>
type Options = { method?: string; path?: string; headers: Headers; body?: string }

/** As a browser sends it: fetch would not let a Host header be set. */
async function ask(url: string, { method = "POST", path = "/", headers, body = "{}" }: Options) {
  const sent = request(new URL(path, url), { method, headers, agent: false })
  sent.end(method === "POST" || method === "PUT" ? body : undefined)
  const [response] = (await once(sent, "response")) as [IncomingMessage]
  response.resume()
  return response
}

const kinds = findDynoxide() ? (["dynalite", "dynoxide"] as const) : (["dynalite"] as const)

for (const dynamodb of kinds) {
  describe(`the embedded engines, with ${dynamodb}`, () => {
    let engines: Engines
    before(async () => void (engines = await startEngines({ dynamodb })))
    after(() => engines.close())

    const services = () => [
      { url: engines.sqsUrl, target: "AmazonSQS.ListQueues" },
      { url: engines.dynamodbUrl, target: "DynamoDB_20120810.ListTables" },
    ]
    const sdkHeaders = (target: string): Headers => ({
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": target,
      authorization:
        "AWS4-HMAC-SHA256 Credential=local/20261126/us-east-1/x/aws4_request, SignedHeaders=host, Signature=0",
      "x-amz-date": "20261126T000000Z",
    })

    it("answer the AWS SDK", async () => {
      const { sqs, dynamodb, close } = makeClients(engines)
      await sqs.send(new ListQueuesCommand({}))
      await dynamodb.send(new ListTablesCommand({}))
      close()
    })

    it("answer by each name of loopback", async () => {
      for (const { url, target } of services()) {
        for (const host of [
          "127.0.0.1",
          "localhost:4566",
          "LOCALHOST",
          "127.0.0.1:1",
          "[::1]:80",
        ]) {
          const answer = await ask(url, { headers: { ...sdkHeaders(target), host } })
          assert.equal(answer.statusCode, 200, `${host} at ${url}`)
        }
      }
    })

    const withOrigin = (origin: string) => ({ origin })
    const foreign: [string, Headers][] = [
      ["an origin", withOrigin("http://evil.example")],
      ["an origin of this machine", withOrigin("http://127.0.0.1:4566")],
      ["an opaque origin", withOrigin("null")],
      ["a browser's mark", { "sec-fetch-site": "same-origin" }],
      ["a referer", { referer: "http://evil.example/" }],
      ["a name that may lead here", { host: "evil.example" }],
      ["a name that begins like loopback", { host: "127.0.0.1.evil.example:4566" }],
      ["a name that ends like loopback", { host: "evil-localhost" }],
      ["an address of the machine", { host: "192.168.1.5:4566" }],
    ]
    for (const [what, headers] of foreign) {
      it(`refuse a request with ${what}`, async () => {
        for (const { url, target } of services()) {
          const answer = await ask(url, { headers: { ...sdkHeaders(target), ...headers } })
          assert.equal(answer.statusCode, 403, url)
          assert.equal(answer.headers["access-control-allow-origin"], undefined)
        }
      })
    }

    it("refuse every request of another form than the SDK's", async () => {
      const form = { "content-type": "application/x-www-form-urlencoded" }
      for (const { url, target } of services()) {
        const sdk = sdkHeaders(target)
        const { authorization: _, ...unsigned } = sdk
        const others: Options[] = [
          { headers: form, body: "Action=ListQueues" },
          { headers: { ...sdk, ...form }, body: "Action=ListTopics" },
          { headers: { ...sdk, "content-type": "text/plain" } },
          { headers: { ...sdk, "content-type": "application/json" } },
          { headers: unsigned },
          { headers: sdk, path: "/bucket/key", method: "PUT" },
          { headers: sdk, path: "/?x" },
          { headers: sdk, path: "/health", method: "GET" },
          { headers: sdk, path: "/_fauxqs/queues", method: "GET" },
          { headers: { ...sdk, "access-control-request-method": "POST" }, method: "OPTIONS" },
        ]
        for (const options of others) {
          const answer = await ask(url, options)
          assert.equal(answer.statusCode, 403, `${JSON.stringify(options)} at ${url}`)
          assert.equal(answer.headers["access-control-allow-origin"], undefined)
        }
        const topics = await ask(url, { headers: { ...sdk, "x-amz-target": "SNS.ListTopics" } })
        assert.equal(topics.statusCode, 400)
      }
    })
  })
}
