import { createHmac, randomBytes } from "node:crypto"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { json } from "node:stream/consumers"

type GenerateMac = { KeyId: string; Message: string; MacAlgorithm: string }

/** KMS with one HMAC key, as far as a function may use it. There is no embedded KMS to be had. */
export const startKmsStub = async (arn: string) => {
  const key = randomBytes(32)
  const server = createServer(async (request, response) => {
    const { KeyId, Message, MacAlgorithm } = (await json(request)) as GenerateMac
    const isAllowed =
      request.headers["x-amz-target"] === "TrentService.GenerateMac" && KeyId === arn
    if (!isAllowed) {
      response.writeHead(400).end(JSON.stringify({ __type: "AccessDeniedException" }))
      return
    }
    const Mac = createHmac("sha256", key).update(Buffer.from(Message, "base64")).digest("base64")
    response.end(JSON.stringify({ KeyId, Mac, MacAlgorithm }))
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { url: `http://127.0.0.1:${port}`, close }
}
