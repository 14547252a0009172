/** Writes one JSON line for each event. Never contains a secret or a payload. */
export type Log = (event: string, fields?: Record<string, unknown>) => void

export function makeLog(write: (line: string) => void, now: () => number): Log {
  return (event, fields = {}) =>
    write(`${JSON.stringify({ time: new Date(now()).toISOString(), event, ...fields })}\n`)
}
