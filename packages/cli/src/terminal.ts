import { styleText } from "node:util"

type Style = Parameters<typeof styleText>[0]

/** Where a command speaks: results to stdout, all else to stderr, so that a pipe gets results alone. */
export type Terminal = {
  /** Writes a line of result. */
  print: (line: string) => void
  /** Writes a line for people. */
  note: (line: string) => void
  paint: (style: Style, text: string) => string
}

type Output = { write: (text: string) => unknown; isTTY?: boolean }

/** Colours on a terminal only; NO_COLOR and FORCE_COLOR as everywhere (no-color.org, Node). */
export function openTerminal(out: Output, err: Output, env: NodeJS.ProcessEnv): Terminal {
  const isForced = Boolean(env["FORCE_COLOR"]) && env["FORCE_COLOR"] !== "0"
  const isColoured =
    !env["NO_COLOR"] && (isForced || (out.isTTY === true && env["TERM"] !== "dumb"))
  return {
    print: (line) => void out.write(`${line}\n`),
    note: (line) => void err.write(`${line}\n`),
    paint: (style, text) => (isColoured ? styleText(style, text, { validateStream: false }) : text),
  }
}

// What a PBX or a receiver said may hold ESC: printed as it is, it could rewrite the screen.
const CONTROL = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu

/** The text on one line, without anything that a terminal obeys. */
export const plain = (text: string) => text.replace(CONTROL, "·")

/** Indented JSON, line by line without what a terminal obeys: JSON itself escapes only some of it. */
export const plainJson = (value: unknown) =>
  JSON.stringify(value, null, 2).split("\n").map(plain).join("\n")

/** Exactly that many characters wide: cut with an ellipsis, or filled up. */
export function fit(text: string, width: number): string {
  const characters = Array.from(plain(text))
  const cut = characters.length > width ? [...characters.slice(0, width - 1), "…"] : characters
  return cut.join("") + " ".repeat(width - cut.length)
}

/** Columns as wide as their widest cell; the last one is left as it is. */
export function table(rows: string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => Array.from(plain(row[column] ?? "")).length)),
  )
  return rows.map((row) =>
    row
      .map((cell, column) => (column < row.length - 1 ? fit(cell, widths[column]!) : plain(cell)))
      .join("  "),
  )
}
