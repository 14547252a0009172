import { headerProblems } from "./headers.ts"
import type { Evaluated } from "./sandbox.ts"

/** The result of a transform. `path` null: the endpoint's own path. */
export type Transformed =
  | {
      result: "send"
      method: string
      path: string | null
      headers: Record<string, string>
      contentType: string
      body: string
    }
  /** The value is null or missing: the event is not wanted. */
  | { result: "unwanted" }
  /** A retry would give the same result. */
  | { result: "failed"; reason: string }
  | { result: "late" | "busy"; reason: string }

/** Said of an evaluation that had no turn in time. */
export const BUSY = "too many transforms are at work now"

export const MAX_TRANSFORM_BYTES = 8 * 1024

const METHODS = ["POST", "PUT", "PATCH", "DELETE", "GET"]
const WITHOUT_BODY = new Set(["GET", "DELETE"])

type Target = {
  url: string
  /** The webhook, used if `$request` has no body. */
  body: string
  /** The header with the endpoint's credentials, in lower case; undefined if there is none. */
  authHeader: string | undefined
}

/** Parses a transform's value as a request. */
export function requestOf(evaluated: Evaluated, target: Target): Transformed {
  if (evaluated.result === "late")
    return { result: "late", reason: "the transform took longer than 50 ms" }
  if (evaluated.result === "busy") return { result: "busy", reason: BUSY }
  if (evaluated.result === "failed")
    return { result: "failed", reason: `the transform failed: ${evaluated.reason}` }
  if (evaluated.json === null) return { result: "unwanted" }
  const value: unknown = JSON.parse(evaluated.json)
  const request = isObject(value) && Object.keys(value).length === 1 ? value["$request"] : undefined
  if (request === undefined) return { ...PLAIN, body: evaluated.json }
  const read = readRequest(request, target)
  return "problem" in read
    ? { result: "failed", reason: `the transform failed: ${read.problem}` }
    : read
}

const JSON_TYPE = "application/json"
const PLAIN = {
  result: "send",
  method: "POST",
  path: null,
  headers: {},
  contentType: JSON_TYPE,
} as const

type Sent = Extract<Transformed, { result: "send" }>

function readRequest(request: unknown, target: Target): Sent | { problem: string } {
  if (!isObject(request)) return { problem: "$request must be an object" }
  const { method = "POST", path = null, headers = {}, body, ...others } = request
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) return { problem: `$request has no ${unknown}` }
  if (typeof method !== "string" || !METHODS.includes(method))
    return { problem: `$request.method must be one of ${METHODS.join(", ")}` }
  const problem = pathProblem(path, target.url) ?? headersProblem(headers, target.authHeader)
  if (problem !== undefined) return { problem }
  const own = Object.entries(headers as Record<string, string>)
  const contentType = own.find(([name]) => isContentType(name))?.[1]
  return {
    result: "send",
    method,
    path: path as string | null,
    headers: Object.fromEntries(own.filter(([name]) => !isContentType(name))),
    contentType: contentType ?? JSON_TYPE,
    // A string with its own content type is sent as is (a form, XML). Everything else is JSON.
    body:
      body === undefined
        ? WITHOUT_BODY.has(method)
          ? ""
          : target.body
        : typeof body === "string" && contentType !== undefined
          ? body
          : JSON.stringify(body),
  }
}

const isContentType = (name: string) => name.toLowerCase() === "content-type"

function pathProblem(path: unknown, url: string): string | undefined {
  if (path === null) return undefined
  if (typeof path !== "string" || !/^\/(?![/\\])[\x21-\x7e]*$/.test(path) || path.includes("#"))
    return "$request.path must begin with one / and hold no spaces and no #"
  const { origin } = new URL(url)
  return URL.parse(path, origin)?.origin === origin
    ? undefined
    : "$request.path must stay at the endpoint's own host"
}

function headersProblem(headers: unknown, authHeader: string | undefined): string | undefined {
  if (!isObject(headers) || !Object.values(headers).every((value) => typeof value === "string"))
    return "$request.headers must be an object of texts"
  const names = Object.keys(headers).map((name) => name.toLowerCase())
  if (authHeader !== undefined && names.includes(authHeader))
    return `$request.headers cannot set ${authHeader}, which the endpoint's auth sets`
  const given = headers as Record<string, string>
  const others = Object.entries(given).filter(([name]) => !isContentType(name))
  const [problem] = headerProblems(Object.fromEntries(others))
  if (problem) return `$request.headers ${problem.name}: ${problem.message}`
  const type = Object.entries(given).find(([name]) => isContentType(name))?.[1]
  return type === undefined || /^[\w.+-]+\/[\w.+-]+(; ?[\w-]+=[\w.+-]+)*$/.test(type)
    ? undefined
    : "$request.headers content-type is not a media type"
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
