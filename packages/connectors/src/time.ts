const pad = (value: number) => String(value).padStart(2, "0")

/** `2026-11-26T10:00:00Z`; `at` is epoch ms, as everywhere here. */
export const isoSeconds = (at: number) => `${new Date(at).toISOString().slice(0, 19)}Z`

/** `2026-11-26 10:00:00`, UTC. */
export const sqlTime = (at: number) => isoSeconds(at).replace("T", " ").replace("Z", "")

/** `01:33`. An hour is written as 60 minutes. */
export const minutesAndSeconds = (seconds: number) =>
  `${pad(Math.floor(seconds / 60))}:${pad(seconds % 60)}`

/** `2026-11-26`: the date in this time zone at this time. */
export function dayIn(timeZone: string, at: number): string {
  const parts = new Intl.DateTimeFormat("en-CA", {
    timeZone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  }).formatToParts(at)
  const part = (type: string) => parts.find((each) => each.type === type)!.value
  return `${part("year")}-${part("month")}-${part("day")}`
}

/** Whether this is the name of a time zone, such as Europe/Copenhagen. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name })
    return true
  } catch {
    return false
  }
}
