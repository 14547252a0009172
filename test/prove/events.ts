import type { Chance } from "./chance.ts"

type Headers = [name: string, value: string][]

export type EventKind =
  | "campaign.updated"
  | "dialing.created"
  | "dialing.updated"
  | "dialing.deleted"
  | "dlma.deleted"
  | "dllist.updated"

/** What a PBX says, and how often collectors send it. */
export type PlannedEvent = {
  /** After the start, in ms. */
  at: number
  kind: EventKind
  uuid: string
  status: number
  headers: Headers
  copies: Copy[]
}

/** `collector`: whose; a copy of the same collector is the same message, sent again because its answer was lost. */
type Copy = { at: number; collector: 0 | 1 }

const MINUTE = 60_000

/** `isCalm`: no answer to a collector is lost, so none sends a message again; twins there are in any weather. */
export function planEvents(
  chance: Chance,
  count: number,
  span: number,
  isCalm: boolean,
): PlannedEvent[] {
  return Array.from({ length: count }, (_, index): PlannedEvent[] => {
    const of = (name: string) => chance.of("event", index, name)
    const at = Math.floor(of("at") * span)
    const kind = kindOf(of("kind"))
    const uuid = `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`
    const status = chance.between(0, 3, "status", index)
    const copies: Copy[] = [{ at, collector: 0 }]
    const later = (name: string) => at + Math.floor(of(name) ** 3 * 30 * MINUTE)
    if (!isCalm && of("again") < 0.1) copies.push({ at: later("again at"), collector: 0 })
    // Nothing in a dllist event tells one emission from two: the twin's is an event of its own.
    if (of("twin") < 0.3 && kind !== "dllist.updated")
      copies.push({ at: later("twin at"), collector: 1 })
    const isLarge = count < 50 && of("large") < 0.03
    const headers = headersOf(kind, uuid, index, status, isLarge)
    const first = { at, kind, uuid, status, headers, copies }
    const isCall = kind === "dialing.created" && count < 50 && of("call") < 0.5
    return isCall ? [first, ...restOfCall(first, index, of)] : [first]
  }).flat()
}

// Answered and ended, each step some seconds after the one before; what is sent late makes another order of it.
function restOfCall(
  { at: startedAt, uuid, copies }: PlannedEvent,
  index: number,
  of: (name: string) => number,
): PlannedEvent[] {
  const steps: [kind: EventKind, status: number, resDial: string, resHangup: string][] = [
    ["dialing.updated", 1, "4", "0"],
    ["dialing.updated", 5, "4", "16"],
    ["dialing.deleted", 6, "4", "16"],
  ]
  return steps.map(([kind, status, resDial, resHangup], step) => {
    const at = startedAt + 20_000 * step + Math.floor(of(`step ${step}`) * 15_000)
    const name = kind === "dialing.updated" ? "OutDialingUpdate" : "OutDialingDelete"
    const stamp = (seconds: number) =>
      `2026-11-22T10:00:${String(seconds).padStart(2, "0")}.${String(index + 1).padStart(9, "0")}Z`
    return {
      at,
      kind,
      uuid,
      status,
      headers: [
        ["Event", name],
        ["Uuid", uuid],
        ["Status", String(status)],
        ["ResDial", resDial],
        ["ResHangup", resHangup],
        ["TmCreate", stamp(0)],
        ["TmUpdate", stamp(10 + step)],
      ],
      copies: copies.map(({ at: sentAt, collector }) => ({
        at: at + sentAt - startedAt,
        collector,
      })),
    }
  })
}

function kindOf(at: number): EventKind {
  if (at < 0.55) return "campaign.updated"
  return at < 0.75 ? "dialing.created" : at < 0.88 ? "dlma.deleted" : "dllist.updated"
}

function headersOf(
  kind: EventKind,
  uuid: string,
  index: number,
  status: number,
  isLarge: boolean,
): Headers {
  const stamp = `2026-11-22T10:00:00.${String(index + 1).padStart(9, "0")}Z`
  const none = "<unknown>"
  switch (kind) {
    case "campaign.updated":
      return [
        ["Event", "OutCampaignUpdate"],
        ["Uuid", uuid],
        ["Status", String(status)],
        ["TmCreate", "2026-11-22T09:00:00.000000001Z"],
        ["TmDelete", none],
        ["TmUpdate", stamp],
      ]
    case "dialing.created":
      return [
        ["Event", "OutDialingCreate"],
        ["Uuid", uuid],
        ["Status", String(status)],
        // More than a message carries: it travels by reference.
        ...(isLarge ? [["Variable", `LONG=${"x".repeat(70_000)}`] as [string, string]] : []),
        ["TmCreate", stamp],
        ["TmDelete", none],
        ["TmUpdate", none],
      ]
    case "dialing.updated":
    case "dialing.deleted":
      throw new Error(`${kind} is a part of a call`)
    case "dlma.deleted":
      return [
        ["Event", "OutDlmaDelete"],
        ["Uuid", uuid],
      ]
    case "dllist.updated":
      return [
        ["Event", "OutDlListUpdate"],
        ["Uuid", uuid],
        ["Status", String(status)],
      ]
  }
}
