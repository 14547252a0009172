/** A request of a connector. `path` is what follows the CRM's base URL, which no connector writes. */
export type Request = {
  /** What it is for, in a few words, for the log and for errors. */
  purpose: string
  method: "GET" | "POST" | "PUT" | "PATCH"
  path: string
  headers?: Record<string, string>
  /** Sent as JSON. */
  body?: unknown
  /** What a good answer looks like. The preview goes on with it, since it asks nobody. */
  sample: unknown
}

/** `body`: the JSON of the answer, or its text where it is none; null where it is empty. Header names in small letters. */
export type Answer = {
  statusCode: number
  headers: Record<string, string | undefined>
  body: unknown
}

/** What is kept between attempts: of one call, and of the endpoint as a whole. */
export type Memory = { call: Kept; endpoint: Kept }
export type Kept = Readonly<Record<string, string>>

export type Step = { request: Request } | { keep: Partial<Memory> }

/**
 * What became of it. `words` are for the tenant. `waitMs`: the CRM wants to be left alone for so long, by all of this
 * endpoint's deliveries.
 */
export type End =
  | { end: "logged"; words: string }
  | { end: "skipped"; words: string }
  | { end: "failed"; words: string; statusCode: number | null; waitMs?: number }

/** Asks one request after the other and is given each one's answer. A `keep` is answered with KEPT once it is written. */
export type Steps<Result = End> = Generator<Step, Result, Answer>

export const KEPT: Answer = { statusCode: 200, headers: {}, body: null }

export function* keep(memory: Partial<Memory>): Steps<void> {
  yield { keep: memory }
}

// Thrown through the generators of one connector, and caught by `ending` alone.
class Stop extends Error {
  readonly end: End
  constructor(end: End) {
    super(end.words)
    this.end = end
  }
}

/** Ends all steps from wherever it is called. */
export function stop(end: End): never {
  throw new Stop(end)
}

/** The steps, whose `stop` anywhere is their end. */
export function* ending(steps: Steps): Steps {
  try {
    return yield* steps
  } catch (error) {
    if (error instanceof Stop) return error.end
    throw error
  }
}

/** How a CRM says what is wrong. */
export type Judge = (answer: Answer, request: Pick<Request, "purpose">) => End

export const isGood = ({ statusCode }: Answer) => statusCode >= 200 && statusCode < 300

/** Asks, and stops where the answer is neither 2xx nor one of `expected`. */
export const asking = (judge: Judge) =>
  function* ask(request: Request, expected: readonly number[] = []): Steps<Answer> {
    const answer = yield { request }
    if (!isGood(answer) && !expected.includes(answer.statusCode)) stop(judge(answer, request))
    return answer
  }
export type Ask = ReturnType<typeof asking>
