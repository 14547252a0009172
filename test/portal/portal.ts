import assert from "node:assert/strict"
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
      assert.equal(response.headers.get("x-content-type-options"), "nosniff", path)
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

  return { ...api, app, visitor, signIn }
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
