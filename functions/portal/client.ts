import type { Hono } from "hono"
import type * as v from "valibot"
import type { Caller } from "../api/auth.ts"
import { insideEnvironment } from "../api/inside.ts"
import type { Problem as ProblemSchema } from "../api/problem.ts"

export type Problem = v.InferOutput<typeof ProblemSchema>

/** What the API answered: a body of the type that its document promises, or a problem. */
export type Answered<T> =
  | { ok: true; status: number; body: T; etag: string | null }
  | { ok: false; status: number; problem: Problem }

/** A problem that a page has no words of its own for. */
export class Refused extends Error {
  readonly problem: Problem
  constructor(problem: Problem) {
    super(problem.title)
    this.problem = problem
  }
}

type Sent = { body?: unknown; idempotencyKey?: string | undefined; ifMatch?: string | undefined }

/** The API as the person at the browser may use it, asked without a socket between. */
export type Client = {
  /** Throws Refused where the API does not answer 2xx. */
  get: <T>(path: string) => Promise<T>
  ask: <T>(
    method: "GET" | "POST" | "PATCH" | "DELETE",
    path: string,
    sent?: Sent,
  ) => Promise<Answered<T>>
}

export function makeClient(app: Pick<Hono, "request">, caller: Caller): Client {
  const environment = insideEnvironment(caller)
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
    const text = body === undefined ? {} : { body: JSON.stringify(body) }
    const response = await app.request(`/v1${path}`, { method, headers, ...text }, environment)
    const { status } = response
    const said = await response.text()
    // Trusted: it is this process that has written it.
    const parsed = (said === "" ? undefined : JSON.parse(said)) as unknown
    if (!response.ok) return { ok: false, status, problem: parsed as Problem }
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

/** A path of the API, each value in it encoded. */
export const path = (parts: TemplateStringsArray, ...values: string[]): string =>
  String.raw({ raw: parts }, ...values.map(encodeURIComponent))
