import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import type { TestContext } from "node:test"

export type Asked = {
  method: string
  path: string
  query: URLSearchParams
  authorization: string | undefined
  body: Record<string, unknown> | undefined
}

type Answer = { status?: number; body?: unknown }

/** What the API answers, by `METHOD /path` below /v1; a function sees the request. */
export type Answers = Record<string, Answer | ((asked: Asked) => Answer)>

/** A loopback server that stands in for the admin API and remembers what it was asked. */
export async function startStandIn(t: TestContext, answers: Answers) {
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const url = new URL(request.url!, "http://stand-in")
    const text = Buffer.concat(chunks).toString("utf8")
    const one: Asked = {
      method: request.method!,
      path: url.pathname.replace("/v1", ""),
      query: url.searchParams,
      authorization: request.headers.authorization,
      body: text === "" ? undefined : JSON.parse(text),
    }
    asked.push(one)
    const known = answers[`${one.method} ${one.path}`]
    const unknown = { status: 404, body: { title: "Not found", code: "not_found" } }
    const { status = 200, body } = (typeof known === "function" ? known(one) : known) ?? unknown
    const type = status < 400 ? "application/json" : "application/problem+json"
    response.writeHead(status, { "content-type": type })
    response.end(body === undefined ? undefined : JSON.stringify(body))
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, asked }
}

export const page = (...data: unknown[]) => ({ body: { data, nextCursor: null } })
