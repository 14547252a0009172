import { styleText } from "node:util"

export type Style = Parameters<typeof styleText>[0]

/**
 * A command's output: results go to stdout and all else to stderr, so that a pipe gets only
 * results.
 */
export type Terminal = {
  /** Writes a line of result. */
  print: (line: string) => void
  /** Writes a line for people. */
  note: (line: string) => void
  paint: (style: Style, text: string) => string
  /** Maximum width of a result line; unlimited for a file or a pipe. */
  columns: () => number
}

const NARROW = 120

/** Whether to use short times and omit redundant words. */
export const isNarrow = (terminal: Terminal) => terminal.columns() < NARROW

type Output = { write: (text: string) => unknown; isTTY?: boolean; columns?: number }

const USUAL_COLUMNS = 80

/** Colours on a terminal only; NO_COLOR and FORCE_COLOR as everywhere (no-color.org, Node). */
export function openTerminal(out: Output, err: Output, env: NodeJS.ProcessEnv): Terminal {
  const isForced = Boolean(env["FORCE_COLOR"]) && env["FORCE_COLOR"] !== "0"
  const isColoured =
    !env["NO_COLOR"] && (isForced || (out.isTTY === true && env["TERM"] !== "dumb"))
  return {
    print: (line) => void out.write(`${line}\n`),
    note: (line) => void err.write(`${line}\n`),
    paint: (style, text) => (isColoured ? styleText(style, text, { validateStream: false }) : text),
    columns: () => (out.isTTY === true ? out.columns || USUAL_COLUMNS : Infinity),
  }
}
