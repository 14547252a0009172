/**
 * Reads JSON from another program. Returns undefined instead of throwing if a value is missing or
 * has another type.
 */
export function at(value: unknown, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>(
    (inner, name) =>
      typeof inner === "object" && inner !== null && Object.hasOwn(inner, name)
        ? (inner as Record<string, unknown>)[name]
        : undefined,
    value,
  )
}

/**
 * A text. A number becomes its text. Undefined for anything else and for an empty text.
 */
export function textAt(value: unknown, ...path: (string | number)[]): string | undefined {
  const found = at(value, ...path)
  if (typeof found === "number") return String(found)
  return typeof found === "string" && found !== "" ? found : undefined
}

// The longest ids have some 30 characters. What is stored of an id must fit into an item.
const MAX_ID_LENGTH = 200

/** An id. Undefined also if it is too long for one. */
export function idAt(value: unknown, ...path: (string | number)[]): string | undefined {
  const id = textAt(value, ...path)
  return id !== undefined && id.length <= MAX_ID_LENGTH ? id : undefined
}

export function listAt(value: unknown, ...path: (string | number)[]): unknown[] {
  const found = at(value, ...path)
  return Array.isArray(found) ? found : []
}
