import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { buffer } from "node:stream/consumers"

// What `sst bootstrap` would have left in the account: where the CLI keeps assets and state.
const bootstrap = {
  version: 1000,
  asset: "sst-asset-recorder",
  state: "sst-state-recorder",
  assetEcrRegistryId: "123456789012",
  assetEcrUrl: "123456789012.dkr.ecr.us-east-1.amazonaws.com/sst-asset",
}

type Ssm = { Name: string; Value: string }

/** The six calls that the sst CLI makes itself: three of SSM (bootstrap, passphrase), three of S3 (state, lock). */
export const startAwsStub = async () => {
  const parameters = new Map([["/sst/bootstrap", JSON.stringify(bootstrap)]])
  const objects = new Map<string, Buffer>()
  const server = createServer(async (request, response) => {
    const body = await buffer(request)
    const target = String(request.headers["x-amz-target"] ?? "")
    const answer = (status: number, text: string | Buffer = "") =>
      response.writeHead(status).end(text)

    if (target.startsWith("AmazonSSM.")) {
      const { Name, Value } = JSON.parse(body.toString()) as Ssm
      if (target.endsWith(".PutParameter")) {
        parameters.set(Name, Value)
        return answer(200, "{}")
      }
      const found = parameters.get(Name)
      if (found === undefined) return answer(400, JSON.stringify({ __type: "ParameterNotFound" }))
      return answer(200, JSON.stringify({ Parameter: { Name, Type: "String", Value: found } }))
    }

    const key = (request.url ?? "").split("?")[0] ?? ""
    if (request.method === "PUT") objects.set(key, body)
    if (request.method === "DELETE") objects.delete(key)
    if (request.method !== "GET") return answer(request.method === "DELETE" ? 204 : 200)
    const object = objects.get(key)
    return object ? answer(200, object) : answer(404, "<Error><Code>NoSuchKey</Code></Error>")
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { url: `http://127.0.0.1:${port}`, close }
}
