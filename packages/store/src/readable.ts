import type { Table } from "./table.ts"

type Item = Record<string, unknown>

/** What a new item's `v` says. An item without one is from before there were versions: of the first. */
export const ITEM_VERSION = 1

// The next release's items are read one release before they are written, so that one can go back from it: a newer version
// may add, and takes nothing away.
const READ_VERSIONS = [undefined, ITEM_VERSION, ITEM_VERSION + 1]

/** An item that cannot be believed: of a newer release than the next, or not of its room's form. */
export class UnreadableItem extends Error {
  constructor({ pk, sk }: Item, cause: unknown) {
    super(`${pk}|${sk} cannot be read`, { cause })
    this.name = "UnreadableItem"
  }
}

/** The item as its room takes it; throws UnreadableItem. */
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

/** Those of a page that can be read. What cannot is named to the table's owner, and keeps nobody from the others. */
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
