import * as v from "valibot"

/** Every code that an error of this API can have, with its status and title. Codes never change their meaning. */
export const problems = {
  "request.malformed": [400, "The body is not JSON"],
  "request.invalid": [400, "The request is not valid"],
  "cursor.invalid": [400, "The cursor belongs to another query"],
  "endpoint.url_refused": [400, "The URL cannot be an endpoint"],
  "auth.missing": [401, "A key is needed"],
  "auth.invalid": [401, "The key is not known"],
  "auth.forbidden": [403, "The key may not do this"],
  "auth.scope": [403, "The key may only read"],
  not_found: [404, "Not found"],
  "method.not_allowed": [405, "The method is not allowed here"],
  "idempotency.mismatch": [409, "The Idempotency-Key was used for another request"],
  "idempotency.in_progress": [409, "The first request with this Idempotency-Key is not done"],
  "limit.reached": [409, "The tenant has as many as it may have"],
  "conflict.changed": [409, "It was changed at the same time"],
  "conflict.secrets": [409, "Too many secrets are valid at once"],
  "conflict.running": [409, "It is running already"],
  "conflict.state": [409, "Its state does not allow this"],
  "precondition.failed": [412, "It was changed since it was read"],
  "body.too_large": [413, "The body is too large"],
  "body.unsupported": [415, "The body must be application/json"],
  "rate_limit.exceeded": [429, "Too many requests"],
  internal: [500, "Something went wrong on our side"],
} as const satisfies Record<string, readonly [number, string]>

export type ProblemCode = keyof typeof problems

/** One thing that is wrong with the input: where (a JSON Pointer into the body, or `/` and a parameter) and what. */
export const FieldError = v.pipe(
  v.object({
    path: v.pipe(
      v.string(),
      v.description("JSON Pointer (RFC 6901) into the body; for a parameter, / and its name"),
    ),
    message: v.string(),
  }),
  v.examples([{ path: "/url", message: "is required" }]),
)
export type FieldError = v.InferOutput<typeof FieldError>

/** A JSON Pointer: RFC 6901's escapes. */
export const pointer = (keys: string[]) =>
  keys.map((key) => `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("")

// Limits the size of a response, however many errors its request has.
const MAX_ERRORS = 50

/** RFC 9457. */
export const Problem = v.pipe(
  v.object({
    type: v.pipe(v.string(), v.description("The description of this kind of error")),
    title: v.string(),
    status: v.pipe(v.number(), v.integer()),
    code: v.pipe(
      v.picklist(Object.keys(problems) as [ProblemCode, ...ProblemCode[]]),
      v.description("Stable, for programs to check"),
    ),
    detail: v.exactOptional(v.pipe(v.string(), v.description("What is wrong with this request"))),
    errors: v.exactOptional(
      v.pipe(v.array(FieldError), v.description("What is wrong with the input, field by field")),
    ),
    jobId: v.exactOptional(v.pipe(v.string(), v.description("The job that is running already"))),
    requestId: v.pipe(v.string(), v.description("Also in the header X-Request-Id and in our logs")),
  }),
  v.description("What went wrong, as application/problem+json (RFC 9457)"),
)

/** A response that is a problem. Thrown where the problem is found, written in one place. */
export class ProblemError extends Error {
  readonly code: ProblemCode
  readonly errors: FieldError[] | undefined
  readonly headers: Record<string, string>
  readonly jobId: string | undefined

  constructor(
    code: ProblemCode,
    detail?: string,
    more: { errors?: FieldError[]; headers?: Record<string, string>; jobId?: string } = {},
  ) {
    super(detail ?? "")
    this.code = code
    this.errors = more.errors?.slice(0, MAX_ERRORS)
    this.headers = more.headers ?? {}
    this.jobId = more.jobId
  }
}

export const notFound = (what: string) => new ProblemError("not_found", `There is no such ${what}.`)

/** A problem with one wrong field in an otherwise well-formed request. */
export const invalid = (path: string, message: string) =>
  new ProblemError("request.invalid", undefined, { errors: [{ path, message }] })

export function problemResponse(problem: ProblemError, requestId: string): Response {
  const { code, message: detail, errors, jobId } = problem
  const [status, title] = problems[code]
  const body: v.InferOutput<typeof Problem> = {
    type: `/docs#${code}`,
    title,
    status,
    code,
    ...(detail && { detail }),
    ...(errors && { errors }),
    ...(jobId !== undefined && { jobId }),
    requestId,
  }
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/problem+json", ...problem.headers },
  })
}
