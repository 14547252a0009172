/** A request of a connector. `path` follows the CRM's base URL, which connectors cannot set. */
export type Request = {
  /** The purpose in a few words, for the log and for errors. */
  purpose: string
  method: "GET" | "POST" | "PUT" | "PATCH"
  path: string
  headers?: Record<string, string>
  /** Sent as JSON. */
  body?: unknown
  /** Writes what the event says of the call: from its success on, no older event may be logged. */
  writesCall?: true
  /** An example of a successful response. The preview uses it, because it sends nothing. */
  sample: unknown
}

/**
 * `body`: the JSON of the response, or its text if it is not JSON. Null if it is empty. Header
 * names are in lower case.
 */
export type Answer = {
  statusCode: number
  headers: Record<string, string | undefined>
  body: unknown
}

/** The data that is stored between attempts: of one call, and of the endpoint as a whole. */
export type Memory = { call: Kept; endpoint: Kept }
export type Kept = Readonly<Record<string, string>>

/**
 * `keep.person` is what is stored of the person that `person` named, for all calls of this endpoint
 * to that person.
 */
export type Step =
  { request: Request } | { keep: Partial<Memory> & { person?: Kept } } | { person: string }

/**
 * The result of an attempt. `words` are for the tenant. `waitMs`: how long the CRM wants all of
 * this endpoint's deliveries to pause.
 */
export type End =
  | { end: "logged"; words: string }
  | { end: "skipped"; words: string }
  | { end: "failed"; words: string; statusCode: number | null; waitMs?: number }

/**
 * Yields requests one after the other and receives their responses. A `keep` receives KEPT once it
 * is written. A `person` receives what is kept of that person as the body, once no other attempt
 * works on the same one.
 */
export type Steps<Result = End> = Generator<Step, Result, Answer>

export const KEPT: Answer = { statusCode: 200, headers: {}, body: null }

export function* keep(memory: Partial<Memory> & { person?: Kept }): Steps<void> {
  yield { keep: memory }
}

// Thrown through the generators of one connector, and only caught by `ending`.
class Stop extends Error {
  readonly end: End
  constructor(end: End) {
    super(end.words)
    this.end = end
  }
}

/** Ends all steps, from any depth. */
export function stop(end: End): never {
  throw new Stop(end)
}

/** Runs the steps. A `stop` at any depth ends them. */
export function* ending(steps: Steps): Steps {
  try {
    return yield* steps
  } catch (error) {
    if (error instanceof Stop) return error.end
    throw error
  }
}

/** How a CRM reports errors. */
export type Judge = (answer: Answer, request: Pick<Request, "purpose">) => End

export const isSuccess = ({ statusCode }: Answer) => statusCode >= 200 && statusCode < 300

/** Sends a request, and stops if the response is neither 2xx nor one of `expected`. */
export const asking = (judge: Judge) =>
  function* ask(request: Request, expected: readonly number[] = []): Steps<Answer> {
    const answer = yield { request }
    if (!isSuccess(answer) && !expected.includes(answer.statusCode)) stop(judge(answer, request))
    return answer
  }
export type Ask = ReturnType<typeof asking>
