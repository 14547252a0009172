import { startEngines } from "@ringback/local/engines"
import { checkServices } from "@ringback/local/service-check"
import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer, type RequestListener } from "node:http"
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net"
import { test, type TestContext } from "node:test"
import { startServices } from "../harness/stack.ts"

process.env["AWS_REGION"] ??= "us-east-1"
process.env["AWS_ACCESS_KEY_ID"] ??= "local"
process.env["AWS_SECRET_ACCESS_KEY"] ??= "local"

async function listen(t: TestContext, server: Server) {
  await once(server.listen(0, "127.0.0.1"), "listening")
  t.after(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const answering = (status: number, type: string, body: string) =>
  createServer((_request, response) => {
    response.writeHead(status, { "content-type": type, connection: "close" }).end(body)
  })

const silent: RequestListener = () => {}

/** Both settings in turn, and what each is refused with behind the URL. */
async function assertRefused(url: string, problem: (service: string) => string, limitMs?: number) {
  for (const [setting, service, settings] of [
    ["AWS_ENDPOINT_URL_SQS", "SQS", { sqsUrl: url, dynamodbUrl: undefined }],
    ["AWS_ENDPOINT_URL_DYNAMODB", "DynamoDB", { sqsUrl: undefined, dynamodbUrl: url }],
  ] as const) {
    await assert.rejects(checkServices(settings, limitMs), {
      name: "SettingError",
      message: `${setting}: ${url} ${problem(service)}`,
    })
  }
}

test("services that answer are taken, also before anything of ours is there", async () => {
  const services = await startServices()
  await checkServices(services)
  await checkServices({ sqsUrl: undefined, dynamodbUrl: undefined })
  await services.close()
})

test("what answers as something else is refused by its setting", async (t) => {
  const foreign = (service: string) => `does not answer as ${service}`
  for (const [status, type, body] of [
    [404, "text/html", "<html>no</html>"],
    [404, "application/problem+json", '{"type":"about:blank","code":"not_found"}'],
    [200, "text/plain", "ok"],
    [200, "application/json", ""],
  ] as const) {
    await assertRefused(await listen(t, answering(status, type, body)), foreign)
  }
  const ssh = createTcpServer((socket) => socket.on("error", () => {}).end("SSH-2.0-x\r\n"))
  await assertRefused(await listen(t, ssh), foreign)
})

test("the two services in each other's place are refused", async () => {
  const { sqsUrl, dynamodbUrl, close } = await startEngines()
  await assert.rejects(
    checkServices({ sqsUrl: dynamodbUrl, dynamodbUrl: undefined }),
    /^SettingError: AWS_ENDPOINT_URL_SQS: .* does not answer as SQS$/,
  )
  await assert.rejects(
    checkServices({ sqsUrl: undefined, dynamodbUrl: sqsUrl }),
    /^SettingError: AWS_ENDPOINT_URL_DYNAMODB: .* does not answer as DynamoDB$/,
  )
  await close()
})

test("what does not answer, or says no, is refused with its reason", async (t) => {
  const hanging = createServer(silent)
  t.after(() => hanging.closeAllConnections())
  await assertRefused(await listen(t, hanging), () => "does not answer within 0.3 s", 300)
  const resetting = createTcpServer((socket) => void socket.on("error", () => {}).resetAndDestroy())
  const url = await listen(t, resetting)
  await assertRefused(url, () => "cannot be reached (ECONNRESET)")
  await assertRefused("http://127.0.0.1:9", () => "cannot be reached (ECONNREFUSED)")
  const refusal = String.raw`{"__type":"x#InvalidClientTokenId","message":"Who?\nx-amz-token:y"}`
  const refusing = await listen(t, answering(403, "application/x-amz-json-1.0", refusal))
  await assertRefused(refusing, () => "refuses: InvalidClientTokenId: Who?")
})

test("a password in the URL is not repeated", async () => {
  const sqsUrl = "http://me:pass@127.0.0.1:9/x?y=z"
  await assert.rejects(checkServices({ sqsUrl, dynamodbUrl: undefined }), {
    message: "AWS_ENDPOINT_URL_SQS: http://127.0.0.1:9 cannot be reached (ECONNREFUSED)",
  })
})

test("that nothing could be sent is not the URL's fault", async (t) => {
  const none = {
    AWS_ACCESS_KEY_ID: undefined,
    AWS_SECRET_ACCESS_KEY: undefined,
    AWS_PROFILE: "no-such-profile",
    AWS_EC2_METADATA_DISABLED: "true",
  }
  const before = Object.keys(none).map((name) => [name, process.env[name]] as const)
  t.after(() => before.forEach(([name, value]) => setEnv(name, value)))
  Object.entries(none).forEach(([name, value]) => setEnv(name, value))
  const { sqsUrl, close } = await startEngines()
  t.after(close)
  await assert.rejects(
    checkServices({ sqsUrl, dynamodbUrl: undefined }),
    /^SettingError: AWS_ENDPOINT_URL_SQS: .* cannot be asked: CredentialsProviderError: /,
  )
})

function setEnv(name: string, value: string | undefined) {
  if (value === undefined) delete process.env[name]
  else process.env[name] = value
}
