const MAX_PATHS = 20
const MAX_VALUES = 100
const MAX_PATH_LENGTH = 256

/**
 * Whether a webhook's own properties hold what the filter allows: every path must exist and have one of its allowed
 * values, by strict equality; of a list one element is enough (a header sent twice is a list).
 */
export function passes(filter: Record<string, unknown[]>, webhook: object): boolean {
  return Object.entries(filter).every(([path, allowed]) => {
    const value = read(webhook, path)
    return Array.isArray(value)
      ? value.some((element) => allowed.includes(element))
      : value !== undefined && allowed.includes(value)
  })
}

/** Why a filter cannot be used, in words, with the path that is at fault; undefined where it can. */
export function filterProblem(
  filter: Record<string, unknown[]>,
): { path: string; message: string } | undefined {
  const entries = Object.entries(filter)
  if (entries.length > MAX_PATHS)
    return { path: entries[MAX_PATHS]![0], message: `A filter has at most ${MAX_PATHS} paths` }
  for (const [path, values] of entries) {
    if (path.length > MAX_PATH_LENGTH || path.split(".").includes(""))
      return { path, message: "A path is property names with a dot between, such as data.status" }
    if (values.length === 0) return { path, message: "Name at least one allowed value" }
    if (values.length > MAX_VALUES)
      return { path, message: `A path has at most ${MAX_VALUES} allowed values` }
    if (!values.every(isScalar))
      return { path, message: "Allowed values are texts, numbers, true, false or null" }
  }
  return undefined
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

const isScalar = (value: unknown) => value === null || typeof value !== "object"
