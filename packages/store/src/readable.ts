import type { Table } from "./table.ts"

type Item = Record<string, unknown>

/**
 * The `v` of a new item. An item without one was written before versions existed, and counts as the
 * first version.
 */
export const ITEM_VERSION = 1

// The items of the next release can be read one release before they are written, so that a rollback
// is possible: a newer version may add attributes, but removes none.
const READ_VERSIONS = [undefined, ITEM_VERSION, ITEM_VERSION + 1]

/**
 * An item that cannot be parsed: it is newer than the next release, or does not match its schema.
 */
export class UnreadableItem extends Error {
  constructor({ pk, sk }: Item, cause: unknown) {
    super(`${pk}|${sk} cannot be read`, { cause })
    this.name = "UnreadableItem"
  }
}

/** The parsed item. Throws UnreadableItem. */
export function readItem<T>(item: Item, parse: (item: Item) => T): T {
  const version = item["v"] as number | undefined
  if (!READ_VERSIONS.includes(version)) {
    throw new UnreadableItem(item, new Error(`it is of version ${version}`))
  }
  try {
    return parse(item)
  } catch (error) {
    throw new UnreadableItem(item, error)
  }
}

/**
 * The items of a page that can be parsed. The others are reported to the table's owner and do not
 * affect the rest.
 */
export function readItems<T>(
  table: Pick<Table, "onUnreadable">,
  items: Item[],
  parse: (item: Item) => T,
): T[] {
  return items.flatMap((item) => {
    try {
      return [readItem(item, parse)]
    } catch (error) {
      table.onUnreadable?.({ pk: String(item["pk"]), sk: String(item["sk"]) }, error)
      return []
    }
  })
}
