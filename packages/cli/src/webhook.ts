import { fit, type Terminal } from "./terminal.ts"

/** A webhook's body, as far as it is shown. */
export type Webhook = {
  id: string
  type: string
  timestamp: string
  observedAt: string
  synthetic?: boolean
  data: Record<string, unknown>
}

const TYPE_WIDTH = 20
const SUBJECT_WIDTH = 40

/** One line for a webhook: when, what, about whom, how late; whatever else is to be said comes behind. */
export function webhookLine(
  terminal: Terminal,
  webhook: Webhook,
  { at, rest }: { at: number; rest: string[] },
): string {
  const latency = at - Date.parse(webhook.observedAt)
  return [
    terminal.paint("dim", clock(at)),
    terminal.paint(colourOf(webhook.type), fit(webhook.type, TYPE_WIDTH)),
    fit(subjectOf(webhook.data), SUBJECT_WIDTH),
    terminal.paint("dim", fit(Number.isNaN(latency) ? "" : durationText(latency), 8)),
    ...rest,
    ...(webhook.synthetic ? [terminal.paint("yellow", "inferred")] : []),
    terminal.paint("dim", fit(webhook.id, webhook.id.length)),
  ].join("  ")
}

/** What it is about, in a few words: who or what, and how it stands. */
export function subjectOf(data: Record<string, unknown>): string {
  const text = (name: string) => (typeof data[name] === "string" ? data[name] : "")
  const who = text("name") || text("dialAddr") || text("url") || text("reason")
  const stands = [text("statusName"), data["resHangup"] ? text("resHangupName") : ""]
  const words = [text("uuid").slice(0, 8), who, ...stands]
  return words.filter((word) => word !== "").join(" · ")
}

/** Milliseconds as people say them. */
export function durationText(millis: number): string {
  if (millis < 1000) return `${Math.max(0, Math.round(millis))} ms`
  if (millis < 60_000) return `${(millis / 1000).toFixed(1)} s`
  if (millis < 3_600_000) return `${Math.round(millis / 60_000)} min`
  return `${Math.round(millis / 3_600_000)} h`
}

const clock = (at: number) => new Date(at).toTimeString().slice(0, 8)

function colourOf(type: string) {
  if (type.endsWith(".created")) return "green"
  if (type.endsWith(".deleted")) return "magenta"
  return type.endsWith(".updated") ? "cyan" : "yellow"
}
