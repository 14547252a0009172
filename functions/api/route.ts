import type * as v from "valibot"
import type { Scope } from "@ringback/store/api-key"
import type { Source } from "@ringback/store/source"
import type { Tenant } from "@ringback/store/tenant"
import type { Access, Caller } from "./auth.ts"
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
  /** Nothing was changed, though the method says so: the audit log has no entry of it. */
  isNoChange?: true
}

/** A request that was let in and has the form that its route asks for. */
export type Call<Path extends string, Query, Body> = {
  deps: Deps
  params: Record<NamesIn<Path>, string>
  query: Query
  body: Body
  /** The living tenant in the path, on routes whose access is `tenant`. */
  tenant: Tenant
  /** The living source whose token was sent, on routes whose access is `source`. */
  source: Source
  /** Who asks, on routes whose access is `operator`, `tenant` or `key`. */
  caller: Caller
  ifMatch: string | undefined
}

export type AnswerSpec = {
  description: string
  /** None: the answer has no body. */
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
  /** The least that a tenant's key must be good for. Left out: `read` for a GET, `full` for all else. */
  scope?: Scope
  operationId: string
  tag: string
  summary: string
  description?: string
  query?: Query
  body?: Body
  answers: Record<number, AnswerSpec>
  /** Beyond those that its method, path, body and access imply. */
  problems?: ProblemCode[]
  /** Answers with an ETag and obeys If-Match where it changes something. */
  hasRevision?: boolean
  /** What it makes receives webhooks: they are its callback, without which some generators leave their types out. */
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
 * Declares a route: guard, validation, document and handler in one place. There is no other way to add one, and none
 * without `access`.
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
