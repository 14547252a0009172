import { InvalidArgumentError } from "commander"

const UNITS_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** An RFC 3339 time as it is; `10m`, `2h`, `3d` as that long before `now`. For commander: throws what it shows. */
export function readTime(text: string, now: number): string {
  const [, count, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? []
  if (count && unit) {
    return new Date(now - Number(count) * UNITS_MS[unit as keyof typeof UNITS_MS]).toISOString()
  }
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(text) && !Number.isNaN(Date.parse(text))) return text
  throw new InvalidArgumentError("Give a time such as 2026-11-22T06:27:40Z, or 10m, 2h, 3d ago.")
}

/** Of an RFC 3339 text: date and time to the second, here. */
export function localTime(text: string): string {
  const date = new Date(text)
  if (Number.isNaN(date.getTime())) return text
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000)
    .toISOString()
    .slice(0, 19)
    .replace("T", " ")
}
