import { checkAlarm, checkGaps, spanOf } from "./gap-check.ts"
import type { History, World } from "./history.ts"
import type { Emitted } from "./pbx.ts"
import { type Kind, kinds, type Pair } from "./records.ts"
import type { Webhook } from "./workers.ts"

/** What must hold of every history; each that does not is named. */
export function judge(world: World): Pick<History, "problems" | "counts" | "gaps"> {
  const { pbx, workers, machines } = world
  const webhooks = [...workers.webhooks.values()]
  const gaps = webhooks.filter(({ type }) => type === "source.gap")
  const said = webhooks.filter(({ type }) => type !== "source.gap")
  const arrived = new Set(said.filter(({ synthetic }) => !synthetic).map(keyOf))
  const lost = pbx.history.filter((event) => !arrived.has(keyOfEvent(event)))
  const problems = [
    ...checkGaps(world, lost, gaps),
    ...checkAlarm(world),
    ...checkStates(world, said),
    ...checkDialings(world, said),
    ...checkRepeats(world, said),
    ...workers.rejected.map((reason) => `REJECTED: ${reason}`),
    ...machines.flatMap(({ lines }) =>
      lines.filter(({ event }) => event.startsWith("MODEL")).map((line) => JSON.stringify(line)),
    ),
  ]
  const counts = {
    events: pbx.history.length,
    lost: lost.length,
    synthetic: said.filter(({ synthetic }) => synthetic).length,
    gaps: gaps.length,
    died: pbx.died.size,
  }
  return { problems, counts, gaps: gaps.map(spanOf).sort(([a], [b]) => a - b) }
}

// The number that each event bears as its status; a Delete may bear nothing but the Uuid.
const keyOf = ({ type, data }: Webhook) => {
  const isDelete = type.endsWith(".deleted")
  return `${type} ${String(data["uuid"])}${isDelete ? "" : ` ${String(data["status"])}`}`
}

const typeOf = (kind: Kind, action: string) => `${kind.toLowerCase()}.${action.toLowerCase()}d`

const keyOfEvent = ({ kind, action, uuid, headers }: Emitted) =>
  `${typeOf(kind, action)} ${uuid}${action === "Delete" ? "" : ` ${valueOf(headers, "Status")}`}`

const valueOf = (headers: readonly Pair[], name: string) =>
  headers.find(([each]) => each === name)?.[1]

/** (c) What a receiver believes of each record, in the end, is what the PBX says of it. */
function checkStates(world: World, said: Webhook[]): string[] {
  const { pbx } = world
  const problems: string[] = []
  for (const kind of kinds.slice(0, 5)) {
    const beliefs = new Map<string, Webhook>()
    for (const webhook of said.filter(({ type }) => type.startsWith(`${kind.toLowerCase()}.`))) {
      const uuid = String(webhook.data["uuid"])
      const believed = beliefs.get(uuid)
      if (!believed || isNewer(webhook, believed)) beliefs.set(uuid, webhook)
    }
    const records = pbx.records.of(kind)
    for (const [uuid, belief] of beliefs) {
      const record = records.get(uuid)
      const isOpen = !belief.type.endsWith(".deleted")
      if (!record && isOpen && !isForgotten(world, uuid))
        problems.push(`STATE: ${uuid} is gone, and nobody was told`)
      if (record && !isOpen) problems.push(`STATE: ${uuid} is there, and was told to be gone`)
      if (record && isOpen && valueOf(record, "Status") !== String(belief.data["status"]))
        problems.push(`STATE: ${uuid} is believed to be as of ${belief.timestamp}`)
    }
    for (const [uuid, record] of records) {
      const isUnchanged = uuid.startsWith("stays-") && valueOf(record, "Status") === "0"
      if (!beliefs.has(uuid) && !isUnchanged) problems.push(`STATE: nobody was told of ${uuid}`)
    }
  }
  return problems
}

// What a full disk keeps from being written down goes with the process: its next one does not know that there is an end
// to tell, or that it was told.
function isForgotten({ pbx, reading }: World, uuid: string): boolean {
  const begun = pbx.history.find((each) => each.uuid === uuid)
  return begun !== undefined && reading.forgotten.some(([, to]) => begun.at <= to)
}

// As the contract has it: a real deletion is the end; else the greater version is the newer.
function isNewer(one: Webhook, other: Webhook): boolean {
  const isEnd = ({ type, synthetic }: Webhook) => type.endsWith(".deleted") && !synthetic
  if (isEnd(other)) return false
  return isEnd(one) || one.version > other.version
}

/** (c) A dialing that was told of and is over was closed once, whoever or whatever ended it. */
function checkDialings(world: World, said: Webhook[]): string[] {
  const ofDialings = said.filter(({ type }) => type.startsWith("dialing."))
  const uuids = new Set(ofDialings.map(({ data }) => String(data["uuid"])))
  return [...uuids].flatMap((uuid) => {
    const closings = ofDialings.filter(
      ({ type, data }) => type === "dialing.deleted" && data["uuid"] === uuid,
    )
    if (closings.length < 2 || isForgotten(world, uuid)) return []
    const words = closings.map(({ synthetic }) => (synthetic ? "inferred" : "real")).join(" and ")
    const how = world.pbx.died.has(uuid) ? "died" : "ended"
    return [`CLOSED: ${uuid} ${how} and was closed ${closings.length} times: ${words}`]
  })
}

/** (d) Nothing that bears a version of the PBX's arrives twice. */
function checkRepeats({ plan }: World, said: Webhook[]): string[] {
  const seen = new Set<string>()
  return said.flatMap((webhook) => {
    const { type, synthetic } = webhook
    const isVersioned = plan.hasTimestamps || !/^(dllist|queue)/.test(type)
    if (synthetic || !isVersioned) return []
    const key = keyOf(webhook)
    if (seen.has(key)) return [`TWICE: ${key}`]
    seen.add(key)
    return []
  })
}
