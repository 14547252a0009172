import type { Problem } from "./answer.ts"
import { Failure } from "./failure.ts"

// What the person at the keyboard can do, where the API's own words do not say it.
const MENDS: Record<string, string> = {
  "auth.missing": "Set RINGBACK_KEY to the operator's key or a tenant's.",
  "auth.invalid": "Set RINGBACK_KEY to one that is good.",
  "auth.forbidden": "The operator's key may do it, or one of that tenant.",
  "auth.scope": "Use a key of scope full.",
  "limit.reached": "Delete what is not needed any more, then do it again.",
  "rate_limit.exceeded": "Wait a little, then do it again.",
}

/** The API said no, or somebody else did where it should be. */
export class Refusal extends Failure {
  readonly status: number
  readonly code: string | undefined
  readonly errors: Problem["errors"]

  constructor(status: number, problem: Problem | undefined, url: string) {
    super(problem ? wordsOf(status, problem) : strangerAt(url, status), status === 400 ? 2 : 1)
    this.status = status
    this.code = problem?.code
    this.errors = problem?.errors ?? []
  }
}

function wordsOf(status: number, { title, detail, code, errors }: Problem): string {
  // What is said of one field already is not said twice.
  const isSaid = errors.some(({ message }) => message === detail)
  const what = [title ?? `HTTP ${status}`, isSaid ? "" : detail].filter(Boolean).join(": ")
  const where = errors.map(({ path, message }) => `\n  ${path} ${message}`).join("")
  const mend = MENDS[code] === undefined ? "" : `\n  ${MENDS[code]}`
  return `${what} (${code})${where}${mend}`
}

function strangerAt(url: string, status: number): string {
  const isDown = status >= 500
  const mend = isDown
    ? "It may be down: try again later"
    : "Is the URL right (--url, RINGBACK_URL)?"
  return `${url} answered ${status}, and not as Ringback's API does. ${mend}`
}

/** Whether the API has no such thing (any more). */
export const isNotFound = (error: unknown) => error instanceof Refusal && error.status === 404
