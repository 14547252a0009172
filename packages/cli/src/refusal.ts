import type { Problem } from "./answer.ts"
import { Failure } from "./failure.ts"

// Advice for the user where the API's message has none.
const HINTS: Record<string, string> = {
  "auth.missing": "Set RINGBACK_KEY to the operator's key or a tenant's.",
  "auth.invalid": "Set RINGBACK_KEY to a valid key.",
  "rate_limit.exceeded": "Wait a moment, then try again.",
}

/** An error answer of the API, or of another server at its URL. */
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
  // The text for a single field is not repeated.
  const isSaid = errors.some(({ message }) => message === detail)
  const what = [title ?? `HTTP ${status}`, isSaid ? "" : detail].filter(Boolean).join(": ")
  const where = errors.map(({ path, message }) => `\n  ${path} ${message}`).join("")
  const hint = HINTS[code] === undefined ? "" : `\n  ${HINTS[code]}`
  return `${what} (${code})${where}${hint}`
}

function strangerAt(url: string, status: number): string {
  const isDown = status >= 500
  const hint = isDown
    ? "It may be down: try again later"
    : "Is the URL right (--url, RINGBACK_URL)?"
  return `${url} answered ${status}, but not as Ringback's API does. ${hint}`
}

/** Whether the API reports that the object does not exist. */
export const isNotFound = (error: unknown) => error instanceof Refusal && error.status === 404
