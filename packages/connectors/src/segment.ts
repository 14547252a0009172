import { stop } from "./step.ts"

/** Whether a text can stand as one segment of a path: URL takes `.` and `..` for steps, in any spelling. */
export const isSegment = (text: string) => text !== "" && text !== "." && text !== ".."

/** A text as one segment of a path, whatever is in it. */
export function segment(text: string): string {
  if (isSegment(text)) return encodeURIComponent(text)
  const words = `"${text}" cannot be an id`
  return stop({ end: "failed", words, statusCode: null })
}
