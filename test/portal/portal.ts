import { SendMessageCommand } from "@aws-sdk/client-sqs"
import { sealMessage, type EventMessage } from "@ringback/events/message"
import { parseSourceToken } from "@ringback/events/token"
import assert from "node:assert/strict"
import { randomBytes } from "node:crypto"
import { createApi } from "@ringback/functions/api/index"
import { OPERATOR_KEY, startApi, type TestApi } from "../api/api.ts"

export type Page = { status: number; text: string; headers: Headers; location: string | null }

/** Somebody at a browser without scripts: links, forms, one cookie. */
export type Visitor = {
  cookie: string
  get: (path: string, headers?: Record<string, string>) => Promise<Page>
  /** As a form of a page of ours sends it. */
  post: (
    path: string,
    fields?: Record<string, string>,
    headers?: Record<string, string>,
  ) => Promise<Page>
}

export type TestPortal = TestApi & {
  app: ReturnType<typeof createApi>
  visitor: () => Visitor
  /** Signed in by that key. */
  signIn: (key?: string) => Promise<Visitor>
  /** Those AMI headers, as that source's collector would send them. */
  say: (source: { id: string; token: string }, headers: [string, string][]) => Promise<void>
}

export const ORIGIN = "https://api.test"

/** The portal over a real API, a real table and real queues, spoken to without a socket between. */
export async function startPortal(
  options: Parameters<typeof startApi>[0] = {},
): Promise<TestPortal> {
  const api = await startApi(options)
  const app = createApi(api.deps)

  function visitor(): Visitor {
    const send = async (method: string, path: string, rest: RequestInit): Promise<Page> => {
      const headers = new Headers(rest.headers)
      if (self.cookie) headers.set("cookie", self.cookie)
      const response = await app.request(`${ORIGIN}${path}`, { ...rest, method, headers })
      const set = response.headers.get("set-cookie")
      if (set !== null) self.cookie = set.split(";", 1)[0]!
      const { status } = response
      const location = response.headers.get("location")
      return { status, text: await response.text(), headers: response.headers, location }
    }
    const self: Visitor = {
      cookie: "",
      get: (path, headers = {}) => send("GET", path, { headers }),
      post: (path, fields = {}, headers = { "sec-fetch-site": "same-origin" }) =>
        send("POST", path, {
          body: new URLSearchParams(fields).toString(),
          headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
        }),
    }
    return self
  }

  async function signIn(key = OPERATOR_KEY): Promise<Visitor> {
    const self = visitor()
    const answer = await self.post("/portal/sign-in", { key })
    assert.equal(answer.status, 303, answer.text)
    return self
  }

  async function say(source: { token: string }, headers: [string, string][]): Promise<void> {
    const token = parseSourceToken(source.token)!
    const message: EventMessage = {
      v: 1,
      kind: "event",
      id: randomBytes(16).toString("base64url"),
      tenant: token.tenant,
      source: token.source,
      collector: "A".repeat(22),
      receivedAt: Date.now(),
      headers,
    }
    const body = sealMessage(message, token)
    const QueueUrl = api.stack.queues.Ingest.url
    await api.stack.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: body }))
  }

  return { ...api, app, visitor, signIn, say }
}

/** A page's text as somebody reads it. */
export const words = (text: string): string =>
  text
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll(/\s+/g, " ")
    .replaceAll("&#39;", "'")
    .replaceAll("&quot;", '"')
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&")
