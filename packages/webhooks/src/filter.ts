/** Dotted paths with their allowed values. All paths must match. */
export type Filter = Record<string, unknown[]>

/**
 * Whether a webhook's own properties match the filter: every path must exist and have one of its
 * allowed values, by strict equality. For a list, one matching element is enough (a header sent
 * twice is a list).
 */
export function passes(filter: Filter, webhook: object): boolean {
  return Object.entries(filter).every(([path, allowed]) => {
    const value = read(webhook, path)
    if (!Array.isArray(value)) return value !== undefined && allowed.includes(value)
    const elements = elementsOf(value)
    return allowed.some((each) => elements.has(each))
  })
}

const known = new WeakMap<unknown[], Set<unknown>>()

// A PBX can send a header a hundred thousand times in one event. So its list is read once for all of
// the tenant's endpoints, not once for each value that each of them allows.
function elementsOf(list: unknown[]): Set<unknown> {
  const elements = known.get(list) ?? new Set(list)
  known.set(list, elements)
  return elements
}

// Own properties only: a path such as `constructor.name` must not find what is not in the JSON.
function read(value: unknown, path: string): unknown {
  let at = value
  for (const name of path.split(".")) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, name)) return undefined
    at = (at as Record<string, unknown>)[name]
  }
  return at
}
