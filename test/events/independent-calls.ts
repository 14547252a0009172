import { moduleEvents, type Pair } from "./capture.ts"
import { naiveEnd, naiveOutcome, naiveTime } from "./naive.ts"

/** A call as a person would read it out of a recording; nothing here is the product's. */
export type ReadCall = {
  outcome: string | null
  startedAt: string
  answeredAt: string | null
  endedAt: string
  number: string
  contactKey: string | null
  campaignName: string | null
}

const said = (event: Pair[]) => Object.fromEntries(event) as Record<string, string>

/** Each dialing of a recording that has ended, by its Uuid. */
export function readCalls(name: string): Map<string, ReadCall> {
  const events = moduleEvents(name)
  // Whose name is heard only after its call began is not known to the call.
  const rows = new Map<string, string>()
  const campaigns = new Map<string, string>()
  const dialings = new Map<string, Pair[][]>()
  for (const event of events) {
    const { Event, Uuid, UKey, Name } = said(event)
    if (/^OutDlList/.test(Event!) && UKey) rows.set(Uuid!, UKey)
    if (/^OutCampaign/.test(Event!) && Name) campaigns.set(Uuid!, Name)
    if (/^OutDialing/.test(Event!)) dialings.set(Uuid!, [...(dialings.get(Uuid!) ?? []), event])
  }
  const calls = new Map<string, ReadCall>()
  for (const [uuid, all] of dialings) {
    const end = all.find(naiveEnd)
    if (!end) continue
    const answer = all.find((event) => said(event)["ResDial"] === "4" && !naiveEnd(event))
    const known = (value: string | undefined) =>
      value === undefined || value === "<unknown>" ? null : value
    calls.set(uuid, {
      outcome: naiveOutcome(end),
      startedAt: naiveTime(said(all[0]!)["TmCreate"]!),
      answeredAt: answer ? naiveTime(said(answer)["TmUpdate"]!) : null,
      endedAt: naiveTime(said(end)["TmUpdate"]!),
      number: said(all[0]!)["DialAddr"]!,
      contactKey: known(rows.get(said(all[0]!)["DlListUuid"]!)),
      campaignName: known(campaigns.get(said(all[0]!)["CampUuid"]!)),
    })
  }
  return calls
}
