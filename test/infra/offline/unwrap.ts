// Pulumi's markers on the wire: a value with this key is special, with this value of it a secret.
const MARK = "4dabf18193072939515e22adb298388d"
const SECRET = "1b47061264138c4ac30d75fd1eb44270"

/** The plain value: secrets opened, all else as it is. */
export const unwrap = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(unwrap)
  if (value === null || typeof value !== "object") return value
  const object = value as Record<string, unknown>
  if (object[MARK] === SECRET) return unwrap(object.value)
  const isPlain = Object.getPrototypeOf(value) === Object.prototype
  if (!isPlain) return value // assets and archives
  return Object.fromEntries(Object.entries(object).map(([key, inner]) => [key, unwrap(inner)]))
}
