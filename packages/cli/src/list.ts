import { type Command, InvalidArgumentError, Option } from "commander"
import type * as v from "valibot"
import { type Page, pageOf } from "./answer.ts"
import type { Api, Query } from "./api.ts"
import type { Session } from "./session.ts"
import { printTable, type Column } from "./table.ts"
import { readTime } from "./time.ts"

export type PageOptions = { limit: string; cursor?: string }
export type ListOptions = PageOptions & { after?: string; before?: string }

const fromNow = (text: string) => readTime(text, Date.now())

/** The options of every list. */
export function addPageOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--limit <count>", "maximum number of rows, 1 to 250")
        .argParser(readLimit)
        .default("25", "25"),
    )
    .option("--cursor <cursor>", "continue after the previous page")
}

/** The options of logs. */
export function addListOptions(command: Command, ofWhat: string): Command {
  command
    .option("--after <time>", `after that time (${ofWhat}): RFC 3339, or 10m, 2h, 3d ago`, fromNow)
    .option("--before <time>", "before that time", fromNow)
  return addPageOptions(command)
}

function readLimit(text: string): string {
  if (/^\d{1,3}$/.test(text) && Number(text) >= 1 && Number(text) <= 250) return text
  throw new InvalidArgumentError("Give a number from 1 to 250.")
}

export type List<Item extends v.GenericSchema> = {
  item: Item
  columns: Column<v.InferOutput<Item>>[]
  /** Printed if the list is empty. */
  none: string
}

/** Prints a page of a list: the API's answer as JSON, or a table and how to continue. */
export async function printPage<Item extends v.GenericSchema>(
  { api, terminal, isJson }: Pick<Session, "api" | "terminal" | "isJson">,
  path: string,
  query: Query,
  { item, columns, none }: List<Item>,
): Promise<void> {
  if (isJson) return terminal.print(JSON.stringify(await api.get(pageOf(item), path, query)))
  const page = await fill(api, item, path, query)
  if (page.data.length > 0) printTable(terminal, columns, page.data)
  else terminal.note(page.nextCursor ? "No match so far; there is more to search." : none)
  if (page.nextCursor)
    terminal.note(
      terminal.paint("dim", `More: repeat the command with --cursor ${page.nextCursor}`),
    )
}

// With restrictive filters, the API's pages may be short or empty.
const MOST_PAGES = 20

/** Fetches the requested number of items, within a maximum number of pages. */
async function fill<Item extends v.GenericSchema>(
  api: Api,
  item: Item,
  path: string,
  query: Query,
): Promise<Page<v.InferOutput<Item>>> {
  const data: v.InferOutput<Item>[] = []
  let next: string | null | undefined
  for (
    let count = 0;
    count < MOST_PAGES && next !== null && data.length < Number(query["limit"]);
    count++
  ) {
    const limit = String(Number(query["limit"]) - data.length)
    const asked = { ...query, limit, ...(next && { cursor: next }) }
    const page = await api.get(pageOf(item), path, asked)
    data.push(...page.data)
    next = page.nextCursor
  }
  return { data, nextCursor: next ?? null }
}
