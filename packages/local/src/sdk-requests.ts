import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http"

const TARGETS = { SQS: "AmazonSQS.", DynamoDB: "DynamoDB_20120810." }
const CONTENT_TYPE = "application/x-amz-json-1.0"
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i

type Refusal = { status: number; type: string; message: string }

/**
 * Forwards requests of an AWS SDK to this service and refuses all others before they reach the
 * engine. The engines check neither the origin nor the host: a page in the operator's browser could
 * read and write everything, across origins or through a host name of its own that resolves to
 * 127.0.0.1.
 */
export function answerSdkOnly(server: Server, service: keyof typeof TARGETS): void {
  const handlers = server.listeners("request") as RequestListener[]
  server.removeAllListeners("request").on("request", (request, response) => {
    const refusal = judge(request, service)
    if (refusal) return refuse(response, refusal)
    for (const handle of handlers) handle.call(server, request, response)
  })
}

function judge(request: IncomingMessage, service: keyof typeof TARGETS): Refusal | undefined {
  const { headers, method, url } = request
  // A browser sends at least one of these headers. No SDK does.
  const isBrowser = Object.keys(headers).some((name) => name.startsWith("sec-fetch-"))
  if (headers.origin !== undefined || headers.referer !== undefined || isBrowser) {
    return denied("a request from a web page is refused")
  }
  if (!LOOPBACK.test(headers.host ?? "")) return denied("the Host header must be a loopback one")
  const isSdk =
    method === "POST" &&
    url === "/" &&
    headers["content-type"] === CONTENT_TYPE &&
    headers.authorization?.startsWith("AWS4-HMAC-SHA256 ")
  if (!isSdk) return denied(`only requests of an AWS SDK to ${service} are answered`)
  if (String(headers["x-amz-target"]).startsWith(TARGETS[service])) return undefined
  return { status: 400, type: "UnknownOperationException", message: `this is ${service}` }
}

const denied = (message: string): Refusal => ({
  status: 403,
  type: "AccessDeniedException",
  message,
})

function refuse(response: ServerResponse, { status, type, message }: Refusal) {
  // The request's body is not read, so the connection cannot be reused.
  response.writeHead(status, { "content-type": CONTENT_TYPE, connection: "close" })
  response.end(JSON.stringify({ __type: type, message }))
}
