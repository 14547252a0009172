import { type Command, InvalidArgumentError, Option } from "commander"
import type { Api, Page, Query } from "./api.ts"
import type { Session } from "./session.ts"
import { table } from "./terminal.ts"
import { readTime } from "./time.ts"

export type ListOptions = { after?: string; before?: string; limit: string; cursor?: string }

const fromNow = (text: string) => readTime(text, Date.now())

/** The options that every list has. */
export function addListOptions(command: Command, ofWhat: string): Command {
  return command
    .option("--after <time>", `after that time (${ofWhat}): RFC 3339, or 10m, 2h, 3d ago`, fromNow)
    .option("--before <time>", "before that time", fromNow)
    .addOption(
      new Option("--limit <count>", "how many at most, 1 to 250")
        .argParser(readLimit)
        .default("25", "25"),
    )
    .option("--cursor <cursor>", "go on where the page before ended")
}

function readLimit(text: string): string {
  if (/^\d{1,3}$/.test(text) && Number(text) >= 1 && Number(text) <= 250) return text
  throw new InvalidArgumentError("Give a number from 1 to 250.")
}

/** Prints a page of a list: the API's own answer as JSON, or a table and how to go on. */
export async function printPage<Item>(
  { api, terminal, isJson }: Session,
  path: string,
  query: Query,
  { titles, row, none }: { titles: string[]; row: (item: Item) => string[]; none: string },
): Promise<void> {
  if (isJson) return terminal.print(JSON.stringify(await api.get<Page<Item>>(path, query)))
  const page = await fill<Item>(api, path, query)
  if (page.data.length > 0) {
    const [head = "", ...lines] = table([titles, ...page.data.map(row)])
    terminal.print(terminal.paint("dim", head))
    for (const line of lines) terminal.print(line)
  } else {
    terminal.note(page.nextCursor ? "None so far, but not all was looked at." : none)
  }
  if (page.nextCursor)
    terminal.note(terminal.paint("dim", `More: the same with --cursor ${page.nextCursor}`))
}

// Where filters let little through, the API's pages are short or empty.
const MOST_PAGES = 20

/** As many as were asked for, where that takes no more than so many pages. */
async function fill<Item>(api: Api, path: string, query: Query): Promise<Page<Item>> {
  const data: Item[] = []
  let next: string | null | undefined
  for (
    let count = 0;
    count < MOST_PAGES && next !== null && data.length < Number(query["limit"]);
    count++
  ) {
    const limit = String(Number(query["limit"]) - data.length)
    const page = await api.get<Page<Item>>(path, { ...query, limit, ...(next && { cursor: next }) })
    data.push(...page.data)
    next = page.nextCursor
  }
  return { data, nextCursor: next ?? null }
}
