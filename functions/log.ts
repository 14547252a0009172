import { appendFileSync } from "node:fs"

/** One wide line for each unit of work: ids, counts, duration, outcome. Never a secret, never a whole payload. */
export type Log = (event: string, fields: Record<string, unknown>) => void

/** To the console, as Lambda reads it, or to the end of a file. */
export function makeLog(file: string | undefined): Log {
  return (event, fields) => {
    const line = JSON.stringify({ at: new Date().toISOString(), event, ...fields })
    if (file === undefined) console.log(line)
    else appendFileSync(file, `${line}\n`)
  }
}

/** An error's own words and those of its causes, for a log line. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause === undefined ? "" : `: ${reasonOf(error.cause)}`
  return `${error.name}: ${error.message}${cause}`
}
