import { styleText } from "node:util"

export type Style = Parameters<typeof styleText>[0]

/** Where a command speaks: results to stdout, all else to stderr, so that a pipe gets results alone. */
export type Terminal = {
  /** Writes a line of result. */
  print: (line: string) => void
  /** Writes a line for people. */
  note: (line: string) => void
  paint: (style: Style, text: string) => string
  /** How many characters a line of result may have; a file or a pipe has no bound. */
  columns: () => number
}

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
