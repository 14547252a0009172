import assert from "node:assert/strict"
import { createApi } from "@ringback/functions/api/index"
import type { Deps as ApiDeps } from "@ringback/functions/api/deps"
import { parseNetworks } from "@ringback/webhooks/address"
import { isIP } from "node:net"
import { startStack, type Stack } from "../harness/stack.ts"
import { makeDeps, type Deps, type SystemOptions } from "../harness/system.ts"
import { checkAnswer } from "./conformance.ts"

export const OPERATOR_KEY = "the operator's key, for tests"

export type Sent = {
  key?: string | null
  body?: unknown
  /** Instead of `body`: as it is. */
  text?: string | Uint8Array
  headers?: Record<string, string>
}

// What a test reads of an answer is what it is about: the document's own test sees to the rest.
export type Answered = { status: number; headers: Headers; body: any; text: string }

export type TestApi = {
  stack: Stack
  deps: Deps & ApiDeps
  /** What was logged, a line each. */
  logged: Record<string, unknown>[]
  /** `GET /v1/tenants` and such; with the operator's key unless said. Every answer is held to the document. */
  call: (route: string, sent?: Sent) => Promise<Answered>
  close: () => Promise<void>
}

type Options = SystemOptions & {
  rateLimit?: number
  requireHttps?: boolean
  stack?: Stack
  limits?: Partial<ApiDeps["limits"]>
}

/** A test asks no DNS server: addresses are themselves, one name is public, the rest is unknown. */
async function resolveForTests(host: string): Promise<string[]> {
  if (isIP(host)) return [host]
  return host === "example.com" ? ["93.184.215.14"] : []
}

/** The API on real queues and a real table, spoken to without a socket between. */
export async function startApi(options: Options = {}): Promise<TestApi> {
  const { rateLimit = 0, requireHttps = false } = options
  const stack = options.stack ?? (await startStack())
  const logged: Record<string, unknown>[] = []
  const log = (event: string, fields: Record<string, unknown>) => logged.push({ event, ...fields })
  const allowedNetworks = parseNetworks("127.0.0.0/8,::1/128")
  const deps = {
    ...makeDeps(stack, { ...options, log }),
    operatorKey: OPERATOR_KEY,
    origin: "https://api.test",
    urlRules: { allowedNetworks, requireHttps, resolve: resolveForTests },
    rateLimit,
    limits: { endpoints: 200, keys: 100, sources: 100, ...options.limits },
    version: "0.1.0",
  }
  const app = createApi(deps)

  async function call(route: string, { key = OPERATOR_KEY, body, text, headers }: Sent = {}) {
    const [method, path] = route.split(" ") as [string, string]
    const content = text ?? (body === undefined ? null : JSON.stringify(body))
    const request = new Request(`http://api.test${path}`, {
      method,
      body: content,
      headers: {
        ...(key !== null && { authorization: `Bearer ${key}` }),
        ...(content !== null && { "content-type": "application/json" }),
        ...headers,
      },
    })
    const response = await app.request(request)
    const answer = {
      status: response.status,
      headers: response.headers,
      text: await response.text(),
    }
    checkAnswer(method, path, answer)
    const isJson = answer.text !== "" && /json/.test(response.headers.get("content-type") ?? "")
    return { ...answer, body: isJson ? JSON.parse(answer.text) : undefined }
  }

  return { stack, deps, logged, call, close: options.stack ? async () => {} : () => stack.close() }
}

/** A tenant and a key of its own. */
export async function makeTenant({ call }: TestApi, name = "Acme") {
  const tenant = await call("POST /v1/tenants", { body: { name } })
  assert.equal(tenant.status, 201, tenant.text)
  const path = `/v1/tenants/${tenant.body.id}`
  const made = await call(`POST ${path}/keys`, { body: { name: "test" } })
  return { id: tenant.body.id as string, path, key: made.body.key as string }
}
