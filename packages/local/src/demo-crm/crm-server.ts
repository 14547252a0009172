import { createHash, randomBytes } from "node:crypto"
import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { Answered } from "./asked.ts"
import { makeHubspot, type HubspotCall } from "./hubspot.ts"
import { crmPage, pageFiles } from "./page.ts"
import { people } from "./people.ts"
import { readAsked } from "./read-asked.ts"
import { HOST, urlOf } from "../loopback.ts"

export type DemoCrm = {
  url: string
  /** The token with which a connector signs in. It is new at each start. */
  token: string
  close: () => Promise<void>
}

/** The file that keeps the calls between starts. */
export type CallsFile = { read: () => string | undefined; write: (text: string) => void }

// More than anyone views. The demo makes five at a time, for as long as it runs.
const MAX_CALLS = 500

/**
 * A small CRM: HubSpot's API for clients with the token, and a page that shows its contacts and
 * their calls.
 */
export async function startDemoCrm(file: CallsFile): Promise<DemoCrm> {
  const token = randomBytes(24).toString("base64url")
  const crm = makeHubspot(people(), JSON.parse(file.read() ?? "[]") as HubspotCall[])
  crm.tokens.add(token)
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.writeHead(400).end())
  })

  async function answer(request: IncomingMessage, response: ServerResponse) {
    // A different host name means a web page that tries to read data meant for this machine only.
    if (request.headers.host !== new URL(crmUrl).host) return void response.writeHead(403).end()
    const asked = await readAsked(request)
    if (asked.method === "GET" && asked.path === "/") return sendPage(request, response)
    const page = asked.method === "GET" ? pageFiles.get(asked.path) : undefined
    if (page) return void response.writeHead(200, { "content-type": page.type }).end(page.text)
    const answered = crm.answer(asked)
    if (asked.method !== "GET") keepCalls()
    sendJson(response, answered)
  }

  function sendPage({ headers }: IncomingMessage, response: ServerResponse) {
    const html = crmPage(crm)
    const etag = `"${createHash("sha256").update(html).digest("base64url")}"`
    if (headers["if-none-match"] === etag) return void response.writeHead(304, { etag }).end()
    response.writeHead(200, { ...PAGE_HEADERS, etag }).end(html)
  }

  let kept = ""
  function keepCalls() {
    crm.calls.splice(0, crm.calls.length - MAX_CALLS)
    const text = JSON.stringify(crm.calls)
    if (text !== kept) file.write((kept = text))
  }

  await once(server.listen(0, HOST), "listening")
  const crmUrl = urlOf(server)
  return {
    url: crmUrl,
    token,
    async close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

const PAGE_HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-cache",
  "content-security-policy":
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
}

function sendJson(response: ServerResponse, { status, headers = {}, body }: Answered) {
  response.writeHead(status, { "content-type": "application/json", ...headers })
  response.end(body === undefined ? undefined : JSON.stringify(body))
}
