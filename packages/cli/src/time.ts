import { InvalidArgumentError } from "commander"

const UNITS_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Parses a duration such as `90s`, `10m`, `2h`, `3d` into ms; undefined if it is invalid. */
export function readDuration(text: string): number | undefined {
  const [, count, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? []
  return count && unit ? Number(count) * UNITS_MS[unit as keyof typeof UNITS_MS] : undefined
}

/** An RFC 3339 time, or `10m`, `2h`, `3d` before `now`. Throws an error that commander shows. */
export function readTime(text: string, now: number): string {
  const duration = readDuration(text)
  if (duration !== undefined) return new Date(now - duration).toISOString()
  if (isTime(text)) return text
  throw new InvalidArgumentError("Give a time such as 2026-11-22T06:27:40Z, or 10m, 2h, 3d ago.")
}

/** The same for a future time. */
export function readFuture(text: string, now: number): string {
  const duration = readDuration(text)
  if (duration !== undefined) return new Date(now + duration).toISOString()
  if (isTime(text)) return text
  throw new InvalidArgumentError("Give a time such as 2027-11-22T00:00:00Z, or 12h, 90d from now.")
}

const isTime = (text: string) =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(text) && !Number.isNaN(Date.parse(text))

/** Formats an RFC 3339 time as local date and time, to the second. */
export function localTime(text: string): string {
  const date = new Date(text)
  if (Number.isNaN(date.getTime())) return text
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000)
    .toISOString()
    .slice(0, 19)
    .replace("T", " ")
}

/** A shorter form: the time only for today, no seconds for other days. */
export function shortTime(text: string, now: number): string {
  const [day, time] = localTime(text).split(" ")
  if (time === undefined) return text
  const today = localTime(new Date(now).toISOString()).slice(0, 10)
  return day === today ? time : `${day!.slice(5)} ${time.slice(0, 5)}`
}

/** For a table column: short if space is short. */
export const timeText = (text: string | null, isShort: boolean) =>
  text === null ? "" : isShort ? shortTime(text, Date.now()) : localTime(text)
