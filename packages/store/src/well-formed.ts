/**
 * The value with U+FFFD in place of each lone surrogate, in texts and keys at any depth. DynamoDB
 * refuses a whole request for one lone surrogate, and JSON from other programs may have some. The
 * same object if there is none.
 */
export const wellFormed = <T>(value: T): T => (isWellFormed(value) ? value : (mended(value) as T))

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype

function isWellFormed(value: unknown): boolean {
  if (typeof value === "string") return value.isWellFormed()
  if (Array.isArray(value)) return value.every(isWellFormed)
  if (!isPlain(value)) return true
  for (const key in value) if (!key.isWellFormed() || !isWellFormed(value[key])) return false
  return true
}

function mended(value: unknown): unknown {
  if (typeof value === "string") return value.toWellFormed()
  if (Array.isArray(value)) return value.map(mended)
  if (!isPlain(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key.toWellFormed(), mended(each)]),
  )
}
