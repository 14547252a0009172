import { stop } from "./step.ts"

/**
 * Whether a text can be a path segment: URL treats `.` and `..` as relative steps, in any encoding.
 */
export const isSegment = (text: string) => text !== "" && text !== "." && text !== ".."

/** Encodes any text as a value of a query. Half of a surrogate pair becomes U+FFFD. */
export const encode = (text: string) => encodeURIComponent(text.toWellFormed())

/** Encodes any text as one path segment. */
export function segment(text: string): string {
  if (isSegment(text)) return encode(text)
  const words = `"${text}" cannot be an id`
  return stop({ end: "failed", words, statusCode: null })
}
