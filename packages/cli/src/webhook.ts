import { stripVTControlCharacters } from "node:util"
import * as v from "valibot"
import { plain } from "./plain.ts"
import type { Terminal } from "./terminal.ts"
import { fit, widthOf } from "./width.ts"

/** A webhook's body: the fields that are shown. */
export const Webhook = v.looseObject({
  id: v.string(),
  type: v.string(),
  timestamp: v.string(),
  observedAt: v.string(),
  synthetic: v.optional(v.boolean()),
  test: v.optional(v.boolean()),
  data: v.record(v.string(), v.unknown()),
})
export type Webhook = v.InferOutput<typeof Webhook>

/** What can be shown of a body, which a transform may have made anything of. `id`: if it has none. */
export function webhookIn(body: string, id: string): Webhook {
  const webhook = asObject(body)
  const text = (name: string) => (typeof webhook[name] === "string" ? webhook[name] : undefined)
  return {
    ...webhook,
    id: text("id") ?? id,
    type: text("type") ?? "no type",
    timestamp: text("timestamp") ?? "",
    observedAt: text("observedAt") ?? "",
    data: (webhook["data"] ?? {}) as Record<string, unknown>,
  }
}

function asObject(body: string): Record<string, unknown> {
  try {
    return { ...(JSON.parse(body) as object) }
  } catch {
    return {}
  }
}

const TYPE_WIDTH = 20
const SUBJECT_WIDTH = 40
const LEAST_SUBJECT_WIDTH = 12

/**
 * One line for a webhook: time, type, subject, delay, then other details. The id is included if
 * there is room.
 */
export function webhookLine(
  terminal: Terminal,
  webhook: Webhook,
  { at, rest }: { at: number; rest: string[] },
): string {
  const latency = at - Date.parse(webhook.observedAt)
  const before = [
    terminal.paint("dim", clock(at)),
    terminal.paint(styleOfType(webhook.type), fit(webhook.type, TYPE_WIDTH)),
  ]
  const after = [
    terminal.paint("dim", fit(Number.isNaN(latency) ? "" : durationText(latency), 8)),
    ...rest,
    ...(webhook.test ? [terminal.paint("dim", "test")] : []),
    ...(webhook.synthetic ? [terminal.paint("yellow", "inferred")] : []),
  ]
  const id = terminal.paint("dim", plain(webhook.id))
  const room = (parts: string[]) =>
    terminal.columns() - widthOf(stripVTControlCharacters(parts.join("  "))) - 2
  const isWide = room([...before, ...after, id]) >= LEAST_SUBJECT_WIDTH
  const tail = isWide ? [...after, id] : after
  const width = Math.max(
    LEAST_SUBJECT_WIDTH,
    Math.min(SUBJECT_WIDTH, room([...before, ...tail]) - 2),
  )
  return [...before, fit(subjectOf(webhook.data), width), ...tail].join("  ")
}

/** A short text of the subject and its state. */
export function subjectOf(data: Record<string, unknown>): string {
  const text = (name: string) => (typeof data[name] === "string" ? data[name] : "")
  const who = text("name") || text("dialAddr") || text("number") || text("url") || text("reason")
  const stands = data["outcome"]
    ? [text("outcome").replace("_", " ")]
    : [text("statusName"), data["resHangup"] ? text("resHangupName") : ""]
  const words = [text("uuid").slice(0, 8), who, ...stands]
  return words.filter((word) => word !== "").join(" · ")
}

/** Milliseconds in a readable form. */
export function durationText(millis: number): string {
  if (millis < 1000) return `${Math.max(0, Math.round(millis))} ms`
  if (millis < 60_000) return `${(millis / 1000).toFixed(1)} s`
  if (millis < 3_600_000) return `${Math.round(millis / 60_000)} min`
  return `${Math.round(millis / 3_600_000)} h`
}

const clock = (at: number) => new Date(at).toTimeString().slice(0, 8)

/** The colour of an event type. */
export function styleOfType(type: string) {
  if (/\.(created|started|answered)$/.test(type)) return "green"
  if (/\.(deleted|completed)$/.test(type)) return "magenta"
  return type.endsWith(".updated") ? "cyan" : "yellow"
}
