import type { Hono } from "hono"
import type * as v from "valibot"
import type { Caller, ReadTenants } from "../api/authenticate.ts"
import { insideEnvironment } from "../api/in-process-request.ts"
import type { Problem as ProblemSchema } from "../api/problem.ts"

export type Problem = v.InferOutput<typeof ProblemSchema>

/** The API's answer: a body of the documented type, or a problem. */
export type Answered<T> =
  | { ok: true; status: number; body: T; etag: string | null }
  | { ok: false; status: number; problem: Problem }

/** A problem that the page does not handle itself. */
export class Refused extends Error {
  readonly problem: Problem
  constructor(problem: Problem) {
    super(problem.title)
    this.problem = problem
  }
}

type Sent = { body?: unknown; idempotencyKey?: string | undefined; ifMatch?: string | undefined }

/** Calls the API in this process, with the rights of the signed-in user. */
export type Client = {
  /** Throws Refused if the API does not answer 2xx. */
  get: <T>(path: string) => Promise<T>
  ask: <T>(
    method: "GET" | "POST" | "PATCH" | "DELETE",
    path: string,
    sent?: Sent,
  ) => Promise<Answered<T>>
}

export function makeClient(app: Pick<Hono, "request">, caller: Caller): Client {
  const tenants: ReadTenants = new Map()
  const environment = insideEnvironment({ caller, tenants })
  const ask: Client["ask"] = async <T>(
    method: string,
    path: string,
    { body, idempotencyKey, ifMatch }: Sent = {},
  ): Promise<Answered<T>> => {
    const headers = {
      ...(body !== undefined && { "content-type": "application/json" }),
      ...(idempotencyKey !== undefined && { "idempotency-key": idempotencyKey }),
      ...(ifMatch !== undefined && { "if-match": ifMatch }),
    }
    const content = body === undefined ? {} : { body: JSON.stringify(body) }
    const response = await app.request(`/v1${path}`, { method, headers, ...content }, environment)
    const { status } = response
    if (method !== "GET") tenants.clear()
    const text = await response.text()
    // Trusted: this process wrote it.
    const parsed = (text === "" ? undefined : JSON.parse(text)) as unknown
    if (!response.ok) {
      const problem = parsed as Problem
      // The same page for every form that a read-only session sends.
      if (problem.code === "auth.scope") throw new Refused(problem)
      return { ok: false, status, problem }
    }
    return { ok: true, status, body: parsed as T, etag: response.headers.get("etag") }
  }
  return {
    ask,
    async get<T>(path: string) {
      const answered = await ask<T>("GET", path)
      if (!answered.ok) throw new Refused(answered.problem)
      return answered.body
    },
  }
}

/** A path of the API with each interpolated value percent-encoded. */
export const path = (parts: TemplateStringsArray, ...values: string[]): string =>
  String.raw({ raw: parts }, ...values.map(encodeURIComponent))
