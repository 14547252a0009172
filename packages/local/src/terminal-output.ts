import { styleText } from "node:util"
import type { ReceivedWebhook } from "./demo-receiver.ts"

type Style = Parameters<typeof styleText>[0]

/**
 * The output for people, on stderr: stdout has one line for programs. Colours only on a terminal,
 * unless NO_COLOR is set.
 */
export type TerminalOutput = {
  title: (text: string) => void
  say: (text?: string) => void
  facts: (rows: [name: string, value: string, note?: string][]) => void
  webhook: (webhook: ReceivedWebhook) => void
  warn: (text: string) => void
}

const NAME_WIDTH = 14
const TYPE_WIDTH = 20
const SUBJECT_WIDTH = { min: 12, max: 34 }
/** The width of a webhook's line without its subject. */
const REST_WIDTH = 58

export function makeTerminalOutput(stream: NodeJS.WriteStream = process.stderr): TerminalOutput {
  const isColoured = stream.isTTY && !process.env["NO_COLOR"]
  const paint = (style: Style, text: string) =>
    isColoured ? styleText(style, text, { validateStream: false }) : text
  // A wrapped line is hard to read, so the subject is shortened on a narrow terminal.
  const subjectWidth = () => {
    const room = (stream.columns ?? Infinity) - REST_WIDTH
    return Math.max(SUBJECT_WIDTH.min, Math.min(SUBJECT_WIDTH.max, room))
  }
  const say = (text = "") => void stream.write(text === "" ? "\n" : `  ${text}\n`)
  return {
    say,
    title: (text) => say(paint("bold", text)),
    facts(rows) {
      for (const [name, value, note] of rows) {
        const aside = note ? `  ${paint("dim", note)}` : ""
        say(paint("dim", name.padEnd(NAME_WIDTH)) + value + aside)
      }
    },
    webhook(webhook) {
      const { type, body, receivedAt } = webhook
      const time = new Date(receivedAt).toTimeString().slice(0, 8)
      const latency = `${Math.max(0, receivedAt - Date.parse(String(body["observedAt"])))} ms`
      const signature = webhook.isSignatureOk
        ? paint("green", "signature ok")
        : paint("red", "SIGNATURE WRONG")
      say(
        [
          paint("dim", time),
          paint("cyan", fit(type, TYPE_WIDTH)),
          fit(subjectOf(body), subjectWidth()),
          paint("dim", latency.padStart(8)),
          signature + (webhook.isRepeated ? paint("yellow", "  again") : ""),
        ].join("  "),
      )
    },
    warn: (text) => say(`${paint("yellow", "!")} ${text}`),
  }
}

/** The subject of a webhook in a few words: the name or the called number, and its status. */
function subjectOf({ data }: Record<string, unknown>): string {
  const fields = { ...(data as Record<string, unknown>) }
  const who = text(fields["name"]) ?? text(fields["dialAddr"]) ?? text(fields["uuid"]) ?? ""
  const how = text(fields["statusName"])
  return how ? `${who} · ${how}` : who
}

const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined)

// Anyone who can reach the receiver's port can send any text, so no terminal control characters are
// printed.
const plain = (value: string) => value.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\ufffd")

function fit(value: string, width: number): string {
  const start = plain(value.slice(0, width + 1))
  return start.length > width ? `${start.slice(0, width - 1)}…` : start.padEnd(width)
}
