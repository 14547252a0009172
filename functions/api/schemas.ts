import * as v from "valibot"
import type { Cursors } from "./cursor.ts"

// Spaces, then what is none, then anything: no two ways to read a text, for it may be as long as a body.
// oxlint-disable-next-line no-control-regex -- they are what is refused
const ONE_LINE = /^[^\S\x00-\x1f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$/

const isWellFormed = (text: string) => text.isWellFormed()

/** What people call a thing. */
export const Name = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(200),
  v.regex(ONE_LINE, "must be one line of text, not blank"),
  v.check(isWellFormed, "must be well-formed Unicode"),
)

/** Free text of at most that many characters. */
export const text = (maxLength: number) =>
  v.pipe(v.string(), v.maxLength(maxLength), v.check(isWellFormed, "must be well-formed Unicode"))

type Prefix = "ten" | "key" | "src" | "ep"

/** An id in a request's body. It has no example: nobody who copies one has a thing of that id. */
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

/** Of a list whose pages have that many items unless said. */
export const pagingOf = (usualLimit: number) => ({
  limit: v.pipe(
    v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_LIMIT)), usualLimit),
    v.description("How many at most"),
  ),
  cursor: v.exactOptional(
    v.pipe(
      v.string(),
      v.maxLength(2_000),
      v.description("nextCursor of the page before; only with the same filters"),
    ),
  ),
})

/** Of every list. */
export const paging = pagingOf(DEFAULT_LIMIT)

export type PagingInput = { limit: number; cursor?: string | undefined }

/** The answer of a list. */
export const pageOf = <Item extends v.GenericSchema>(item: Item, order = "Newest first") =>
  v.object({
    data: v.pipe(v.array(item), v.description(order)),
    nextCursor: v.pipe(
      v.nullable(v.string()),
      v.examples([null]),
      v.description(
        "Null at the end. With filters a page may be short or empty although there is more",
      ),
    ),
  })

/** A page of the store as a list's answer. */
export function toPage<Stored, Shown>(
  page: { items: Stored[]; next: string | undefined },
  cursors: Cursors,
  show: (item: Stored) => Shown,
) {
  return { data: page.items.map(show), nextCursor: cursors.write(page.next) }
}
