import { Failure } from "./failure.ts"
import type { Connection } from "./session.ts"
import { printPairs, type Pair } from "./table.ts"
import { localTime } from "./time.ts"

/** Confirms an action: the API's answer as JSON, or one line and suggested next steps. */
export function printResult(
  { terminal, isJson }: Connection,
  answer: unknown,
  text: string,
  next: string[] = [],
): void {
  if (isJson) return terminal.print(JSON.stringify(answer))
  terminal.print(`${terminal.paint("green", "✓")} ${text}`)
  for (const line of next) terminal.note(terminal.paint("dim", `  ${line}`))
}

/** Prints one object, as JSON or one field per line. Unknown fields are shown as well. */
export function printRecord({ terminal, isJson }: Connection, record: object): void {
  if (isJson) return terminal.print(JSON.stringify(record))
  printPairs(
    terminal,
    Object.entries(record).map(([name, value]): Pair => [name, valueText(name, value)]),
  )
}

function valueText(name: string, value: unknown): string {
  if (value === null || value === undefined) return ""
  if (typeof value === "string") return /At$|Since$/.test(name) ? localTime(value) : value
  if (Array.isArray(value) && value.every((one) => typeof one === "string")) return value.join(", ")
  if (typeof value !== "object") return `${value as number | boolean}`
  return Object.keys(value).length === 0 ? "" : JSON.stringify(value)
}

/** Continues only after confirmation, by a prompt or --yes. */
export async function confirmAction(
  { confirm }: Connection,
  isSure: boolean | undefined,
  question: string,
): Promise<void> {
  if (isSure) return
  if (!confirm) throw new Failure(`${question} Use --yes to skip this question.`, 2)
  if (!(await confirm(question))) throw new Failure("Nothing was done.", 1)
}
