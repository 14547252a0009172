import * as v from "valibot"
import type { Cursors } from "./cursor.ts"

// Spaces, then a character that is no space, then anything. There is only one way to match a text,
// so a text as long as a body costs linear time.
// oxlint-disable-next-line no-control-regex -- control characters are what it refuses
const ONE_LINE = /^[^\S\x00-\x1f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$/

const isWellFormed = (text: string) => text.isWellFormed()

/** The display name of a resource. */
export const Name = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(200),
  v.regex(ONE_LINE, "must be one line of text, not blank"),
  v.check(isWellFormed, "must be well-formed Unicode"),
)

/** Free text with a maximum length. */
export const text = (maxLength: number) =>
  v.pipe(v.string(), v.maxLength(maxLength), v.check(isWellFormed, "must be well-formed Unicode"))

type Prefix = "ten" | "key" | "src" | "ep"

/**
 * An id in a request's body. It has no example, because an id copied from an example would exist
 * for nobody.
 */
export const reference = (prefix: Prefix) =>
  v.pipe(
    v.string(),
    v.regex(
      new RegExp(`^${prefix}_[0-9a-hjkmnp-tv-z]{26}$`),
      `must be an id such as ${prefix}_${EXAMPLE_ID}`,
    ),
  )

export const id = (prefix: Prefix) =>
  v.pipe(reference(prefix), v.examples([`${prefix}_${EXAMPLE_ID}`]))

const EXAMPLE_ID = "06fzk3vq8r2m5x0c9d7g4h1jtw"

export const MAX_LIMIT = 250
const DEFAULT_LIMIT = 50

/** The parameters of a list, with its default page size. */
export const pagingOf = (usualLimit: number) => ({
  limit: v.pipe(
    v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_LIMIT)), usualLimit),
    v.description("Maximum number of items"),
  ),
  cursor: v.exactOptional(
    v.pipe(
      v.string(),
      v.maxLength(2_000),
      v.description("nextCursor of the previous page. Only valid with the same filters"),
    ),
  ),
})

/** The parameters that every list has. */
export const paging = pagingOf(DEFAULT_LIMIT)

export type PagingInput = { limit: number; cursor?: string | undefined }

/** The response of a list. */
export const pageOf = <Item extends v.GenericSchema>(item: Item, order = "Newest first") =>
  v.object({
    data: v.pipe(v.array(item), v.description(order)),
    nextCursor: v.pipe(
      v.nullable(v.string()),
      v.examples([null]),
      v.description(
        "Null on the last page. With filters a page can be short or empty although more pages follow",
      ),
    ),
  })

/** Turns a page from the store into a list response. */
export function toPage<Stored, Shown>(
  page: { items: Stored[]; next: string | undefined },
  cursors: Cursors,
  show: (item: Stored) => Shown,
) {
  return { data: page.items.map(show), nextCursor: cursors.write(page.next) }
}
