import type { Pair } from "./capture.ts"

// What a webhook must say of an event, written down from the protocol's description alone: nothing here is
// the product's, so that the two can be compared.

const INTEGERS = new Set(
  `Status ScMode DialMode DialTimeout DlEndHandle RetryDelay ServiceLevel Type DialIndex DialTryCnt DialType
  ResDial ResHangup
  MaxRetryCnt1 MaxRetryCnt2 MaxRetryCnt3 MaxRetryCnt4 MaxRetryCnt5 MaxRetryCnt6 MaxRetryCnt7 MaxRetryCnt8
  TryCnt1 TryCnt2 TryCnt3 TryCnt4 TryCnt5 TryCnt6 TryCnt7 TryCnt8`.split(/\s+/),
)

const WORDS: Record<string, Record<string, string>> = {
  "Campaign Status": {
    0: "stop",
    1: "start",
    2: "pause",
    10: "stopping",
    11: "starting",
    12: "pausing",
    30: "stopping forcedly",
  },
  "Campaign ScMode": { 0: "off", 1: "on" },
  "Plan DialMode": { 0: "none", 1: "predictive" },
  "Plan DlEndHandle": { 0: "keep status", 1: "stop the campaign" },
  "Destination Type": { 0: "extension", 1: "application" },
  "Dialing DialType": { 0: "extension", 1: "application" },
  "Dialing Status": {
    0: "none",
    1: "originate requested",
    2: "dial begin",
    3: "channel created",
    4: "dial end",
    5: "originate response",
    6: "hangup",
    10: "error",
  },
  "DlList Status": { 0: "idle", 1: "dialing", 2: "reserved" },
}
const RES_DIAL: Record<string, string> = {
  0: "failed",
  1: "hung up",
  2: "local ring",
  3: "ringing",
  4: "answered",
  5: "busy",
  8: "congestion",
}
// Those that the recordings hold, and those that the description names.
const RES_HANGUP: Record<string, string> = {
  0: "none yet",
  1: "unallocated",
  16: "normal clearing",
  17: "user busy",
  18: "no user response",
  19: "no answer",
  21: "call rejected",
  27: "destination out of order",
  34: "circuit congestion",
}
for (const kind of ["Dialing", "DlList"]) {
  WORDS[`${kind} ResDial`] = RES_DIAL
  WORDS[`${kind} ResHangup`] = RES_HANGUP
}

const small = (name: string) => name[0]!.toLowerCase() + name.slice(1)
const isNothing = (value: string) => ["", "<unknown>", "(null)"].includes(value)

/** The `type` of the event's webhook. */
export function naiveType(event: Pair[]): string {
  const [, kind, verb] = /^Out(.*)(Create|Update|Delete)$/.exec(event[0]![1])!
  return `${kind!.toLowerCase()}.${verb!.toLowerCase()}d`
}

/** The `data` of the event's webhook. */
export function naiveData(event: Pair[]): Record<string, unknown> {
  const kind = /^Out(.*)(?:Create|Update|Delete)$/.exec(event[0]![1])![1]!
  const data: Record<string, unknown> = { variables: {} }
  for (const [name, value] of event) {
    if (
      ["Event", "Privilege", "Timestamp", "SequenceNumber", "File", "Line", "Func"].includes(name)
    )
      continue
    if (name === "Variable") {
      if (isNothing(value)) continue
      const [key, ...rest] = value.split("=")
      ;(data["variables"] as Record<string, string>)[key!] = rest.join("=")
      continue
    }
    data[small(name)] = isNothing(value)
      ? null
      : INTEGERS.has(name)
        ? Number.parseInt(value, 10)
        : /^Tm(Create|Update|Delete)$/.test(name)
          ? naiveTime(value)
          : value
    const words = WORDS[`${kind} ${name}`]
    if (words) data[`${small(name)}Name`] = words[value] ?? null
  }
  const header = (name: string) => event.find((pair) => pair[0] === name)?.[1] ?? ""
  if (kind === "Dialing") {
    data["outcome"] = naiveOutcome(event)
    if (header("ResDial") === "0" && !naiveEnd(event)) data["resDialName"] = null
  }
  if (kind === "DlList" && header("ResDial") === "0") {
    const tries = event.filter(([name, value]) => name.startsWith("TryCnt") && Number(value) > 0)
    if (header("Status") !== "0" || tries.length === 0) data["resDialName"] = null
  }
  return data
}

/** Whether a dialing event says that its call is over. */
export function naiveEnd(event: Pair[]): boolean {
  const said = Object.fromEntries(event)
  if (said["Event"] === "OutDialingDelete") return true
  if (said["Status"] === "6" || said["Status"] === "10") return true
  return !["0", undefined, "", "<unknown>"].includes(said["ResHangup"])
}

/** How the call of a dialing event ended, by the rule as it is published; null while it goes on. */
export function naiveOutcome(event: Pair[]): string | null {
  const said = Object.fromEntries(event)
  const [dial, hangup] = [said["ResDial"], said["ResHangup"]]
  if (!naiveEnd(event) || (dial === undefined && hangup === undefined)) return null
  if (dial === "4") return "answered"
  if (dial === "5" || hangup === "17") return "busy"
  if (hangup === "21") return "rejected"
  if (dial === "3" || hangup === "18" || hangup === "19") return "no_answer"
  if (dial === "8" || hangup === "34" || hangup === "42") return "congestion"
  return "failed"
}

/** RFC 3339 with nine digits of a stamp in either form. */
export function naiveTime(stamp: string): string {
  const [date, rest] = stamp.includes("T") ? stamp.split("T") : stamp.split(" ")
  const [time, fraction] = rest!.replace("Z", "").split(".")
  const nanos = stamp.includes("T") ? fraction!.padStart(9, "0") : `${fraction}000`
  return `${date}T${time}.${nanos}Z`
}

/** When it happened, or undefined where the event says nothing of it (or no version can be relied on). */
export function naiveTimestamp(event: Pair[]): string | undefined {
  if (/^Out(DlList|Queue)/.test(event[0]![1])) return undefined
  for (const wanted of ["TmDelete", "TmUpdate", "TmCreate"]) {
    const value = event.find(([name]) => name === wanted)?.[1] ?? ""
    if (!isNothing(value)) return naiveTime(value)
  }
  return undefined
}
