/** Dotted path to allowed values; all must hold. */
export type Filter = Record<string, unknown[]>

/**
 * Whether a webhook's own properties hold what the filter allows: every path must exist and have one of its allowed
 * values, by strict equality; of a list one element is enough (a header sent twice is a list).
 */
export function passes(filter: Filter, webhook: object): boolean {
  return Object.entries(filter).every(([path, allowed]) => {
    const value = read(webhook, path)
    return Array.isArray(value)
      ? value.some((element) => allowed.includes(element))
      : value !== undefined && allowed.includes(value)
  })
}

// Own properties alone: a path such as `constructor.name` must not find what JSON did not say.
function read(value: unknown, path: string): unknown {
  let at = value
  for (const name of path.split(".")) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, name)) return undefined
    at = (at as Record<string, unknown>)[name]
  }
  return at
}
