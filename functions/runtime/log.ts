import { appendFileSync } from "node:fs"

/** One wide line for each unit of work: ids, counts, duration, outcome. Never a secret, never a whole payload. */
export type Log = (event: string, fields: Record<string, unknown>) => void

/**
 * To stdout, or to the end of a file. Not by console.log: Lambda's would put the line, as text, into a JSON of its own,
 * where neither a metric filter nor the dashboard's query finds its fields.
 */
export function makeLog(file: string | undefined): Log {
  return (event, fields) => {
    const line = JSON.stringify({ at: new Date().toISOString(), event, ...fields })
    if (file === undefined) process.stdout.write(`${line}\n`)
    else append(file, `${line}\n`)
  }
}

// On a full disk a line is lost, and never the work that it tells of.
function append(file: string, line: string) {
  try {
    appendFileSync(file, line)
  } catch {}
}

/** An error's own words and those of its causes, for a log line. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause === undefined ? "" : `: ${reasonOf(error.cause)}`
  return `${error.name}: ${error.message}${cause}`
}
