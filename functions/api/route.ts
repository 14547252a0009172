import type * as v from "valibot"
import type { Scope } from "@ringback/store/api-key"
import type { Source } from "@ringback/store/source"
import type { Tenant } from "@ringback/store/tenant"
import type { Caller } from "./authenticate.ts"
import type { Access } from "./key-scopes.ts"
import type { Deps } from "./deps.ts"
import type { ProblemCode } from "./problem.ts"

export type Method = "get" | "post" | "patch" | "delete"

type NamesIn<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | NamesIn<Rest>
  : never

export type Answer = {
  status: number
  body?: unknown
  headers?: Record<string, string>
  /** Nothing was changed, although the method implies it. The audit log gets no entry. */
  isNoChange?: true
  /**
   * For how long a repeated request gets this answer, ms; a day if omitted. What has the content of
   * events is kept no longer than it is of use: an erasure does not find it.
   */
  keptMs?: number
}

/** An admitted request whose input matches the route's schemas. */
export type Call<Path extends string, Query, Body> = {
  deps: Deps
  params: Record<NamesIn<Path>, string>
  /**
   * Checks the caller's right again, after a wait: a revoked key must not get what comes later.
   * Throws as at the start.
   */
  judge: () => Promise<unknown>
  /** Runs a read of a route that changes things, too, as one of the tenant's reads. */
  read: <T>(work: () => Promise<T>) => Promise<T>
  query: Query
  body: Body
  /** The existing tenant in the path, on routes whose access is `tenant`. */
  tenant: Tenant
  /** The existing source whose token was sent, on routes whose access is `source`. */
  source: Source
  /** The caller, on routes whose access is `operator`, `tenant` or `key`. */
  caller: Caller
  ifMatch: string | undefined
}

export type AnswerSpec = {
  description: string
  /** Absent if the response has no body. */
  schema?: v.GenericSchema
  contentType?: string
}

type Definition<
  Path extends string,
  Query extends v.ObjectEntries,
  Body extends v.GenericSchema,
> = {
  method: Method
  path: Path
  access: Access
  /** The least scope that a tenant's key needs. Default: `read` for a GET, `full` for all else. */
  scope?: Scope
  operationId: string
  tag: string
  summary: string
  description?: string
  query?: Query
  body?: Body
  answers: Record<number, AnswerSpec>
  /** Problems in addition to those that its method, path, body and access imply. */
  problems?: ProblemCode[]
  /** Sends an ETag, and respects If-Match on changes. */
  hasRevision?: boolean
  /**
   * The created resource receives webhooks. The document lists them as its callback, because some
   * generators would omit their types otherwise.
   */
  isSubscription?: boolean
  handle: (
    call: Call<Path, { [Name in keyof Query]: v.InferOutput<Query[Name]> }, v.InferOutput<Body>>,
  ) => Promise<Answer> | Answer
}

export type Route = Omit<Definition<string, v.ObjectEntries, v.GenericSchema>, "handle"> & {
  handle: (call: Call<string, never, never>) => Promise<Answer> | Answer
}

export const scopeOf = ({ method, scope }: Pick<Route, "method" | "scope">): Scope =>
  scope ?? (method === "get" ? "read" : "full")

/**
 * Declares a route: guard, validation, document and handler in one place. There is no other way to
 * add a route, and no route without `access`.
 */
export function route<
  const Path extends string,
  Query extends v.ObjectEntries = Record<never, never>,
  Body extends v.GenericSchema = v.GenericSchema<undefined>,
>(definition: Definition<Path, Query, Body>): Route {
  const { access, path } = definition
  if ((access === "tenant") !== path.includes("{tenantId}") && access !== "operator") {
    throw new Error(`${path}: a route with access "${access}" cannot be guarded by its path`)
  }
  return definition as unknown as Route
}
