/**
 * All pages of a list, one after the other. `read` gets the `next` of the previous page, and
 * undefined at first.
 */
export async function* eachPage<Page extends { next: unknown }>(
  read: (cursor: Page["next"] | undefined) => Promise<Page>,
): AsyncGenerator<Page> {
  let cursor: Page["next"] | undefined
  do {
    const page = await read(cursor)
    yield page
    cursor = page.next
  } while (cursor !== undefined)
}
