import { plain } from "./plain.ts"
import { isNarrow, type Style, type Terminal } from "./terminal.ts"
import { fit, widthOf } from "./width.ts"

export type Column<Item> = {
  title: string
  /** `isNarrow`: only few columns are left. */
  text: (item: Item, isNarrow: boolean) => string
  style?: (item: Item) => Style | undefined
  /** May be truncated if space is short. Ids may not, because users copy them. */
  isFlexible?: boolean
  /** May be omitted if even less space is left. */
  isExtra?: boolean
}

const GAP = 2
const LEAST = 12
const COMFORTABLE = 28

/**
 * One line per item. Columns that do not fit are truncated, then omitted. In the last resort each
 * item is a list.
 */
export function printTable<Item>(terminal: Terminal, columns: Column<Item>[], items: Item[]): void {
  const room = terminal.columns()
  const isShort = isNarrow(terminal)
  const cells = new Map(
    columns.map((column) => [column, items.map((item) => plain(column.text(item, isShort)))]),
  )
  const said = columns.filter((column) => cells.get(column)!.some((text) => text !== ""))
  const shown = [...said]
  const isRoomy = (how: Fit) => totalOf(shown, cells, how) <= room
  while (!isRoomy("comfortable") && shown.some(({ isExtra }) => isExtra)) {
    shown.splice(
      shown.findLastIndex(({ isExtra }) => isExtra),
      1,
    )
  }
  if (!isRoomy("least")) return printLists(terminal, said, items, cells)
  const widths = widthsOf(shown, cells, room)
  const line = (texts: string[]) => texts.join(" ".repeat(GAP)).trimEnd()
  const titles = shown.map(({ title }, index) => fit(title, widths[index]!))
  terminal.print(terminal.paint("dim", line(titles)))
  for (const [row, item] of items.entries()) {
    const texts = shown.map((column, index) => {
      const isLast = index === shown.length - 1
      const text = cells.get(column)![row]!
      const filled = isLast && widthOf(text) <= widths[index]! ? text : fit(text, widths[index]!)
      const style = column.style?.(item)
      return style === undefined ? filled : terminal.paint(style, filled)
    })
    terminal.print(line(texts))
  }
}

type Cells<Item> = Map<Column<Item>, string[]>

type Fit = "least" | "comfortable" | "most"

function widthOfColumn<Item>(column: Column<Item>, cells: Cells<Item>, how: Fit): number {
  const most = Math.max(...[column.title, ...cells.get(column)!].map(widthOf))
  if (!column.isFlexible || how === "most") return most
  return Math.min(most, how === "comfortable" && !column.isExtra ? COMFORTABLE : LEAST)
}

function totalOf<Item>(columns: Column<Item>[], cells: Cells<Item>, how: Fit) {
  const widths = columns.map((column) => widthOfColumn(column, cells, how))
  return widths.reduce((sum, width) => sum + width, GAP * (columns.length - 1))
}

/** Flexible columns share the remaining width, each up to what it needs. */
function widthsOf<Item>(columns: Column<Item>[], cells: Cells<Item>, room: number): number[] {
  let over = totalOf(columns, cells, "most") - room
  const widths = columns.map((column) => widthOfColumn(column, cells, "most"))
  while (over > 0) {
    const widest = Math.max(
      ...widths.map((width, index) => (columns[index]!.isFlexible ? width : 0)),
    )
    widths[widths.findIndex((width, at) => columns[at]!.isFlexible && width === widest)]! -= 1
    over--
  }
  return widths
}

function printLists<Item>(
  terminal: Terminal,
  columns: Column<Item>[],
  items: Item[],
  cells: Cells<Item>,
): void {
  for (const [row, item] of items.entries()) {
    if (row > 0) terminal.print("")
    const pairs = columns.map((column): Pair => [
      column.title,
      cells.get(column)![row]!,
      column.style?.(item),
    ])
    printPairs(terminal, pairs)
  }
}

export type Pair = [name: string, value: string, style?: Style | undefined]

/** One name and value per line. Empty values are omitted. */
export function printPairs(terminal: Terminal, pairs: Pair[]): void {
  const said = pairs.filter(([, value]) => value !== "")
  const width = Math.max(0, ...said.map(([name]) => widthOf(name)))
  for (const [name, value, style] of said) {
    const text = plain(value)
    const painted = style === undefined ? text : terminal.paint(style, text)
    terminal.print(`${terminal.paint("dim", fit(name, width + GAP))}${painted}`)
  }
}
