import { after, before, beforeEach } from "node:test"
import { eventMessage, sendToIngest } from "../harness/system.ts"
import { startWorld, type World } from "../harness/world.ts"
import type { Webhook } from "../harness/receiver.ts"
import type { Pair } from "../events/capture.ts"

export let world: World
before(async () => void (world = await startWorld()))
after(() => world.close())
beforeEach(() => world.begin())

export const CALLS = { eventTypes: ["call.*"] }
type Named = { uuid: string | null; name: string | null }
type CallData = {
  uuid: string
  number: string
  attempt: number
  hangupCause: number | null
  campaign: Named
  list: Named
  plan: Named
  contact: (Named & { key: string; email: string | null }) | null
} & { [Name in "startedAt" | "answeredAt" | "endedAt" | "outcome"]: string | null } & {
  [Name in "ringSeconds" | "talkSeconds"]: number | null
}
export const dataOf = (webhook: Webhook) => webhook.data as unknown as CallData
export const ofType = (all: Webhook[], type: string) => all.filter((each) => each.type === type)

export async function say(events: Pair[][], collectors = ["A"]): Promise<void> {
  for (const headers of events) {
    for (const collector of collectors) {
      const message = eventMessage(world.customer, headers, { collector: collector.repeat(22) })
      await sendToIngest(world.stack, world.customer, message)
    }
  }
  await settle()
}

/** Pumps until the ends that waited have been told. */
export async function settle(): Promise<void> {
  await world.pump()
  world.advance(6000)
  await world.pump()
}

export const UUID = "5b0c4a50-5b1e-4f6a-9c3d-000000000001"
export type State = [
  action: string,
  status: number,
  resDial: number,
  resHangup: number,
  second: number,
]

export const timeOf = (second: number) =>
  `2026-11-22T11:00:${String(second).padStart(2, "0")}.000000001Z`
export const dialing = (
  [action, status, resDial, resHangup, second]: State,
  uuid = UUID,
): Pair[] => [
  ["Event", `OutDialing${action}`],
  ["Privilege", "message,all"],
  ["Uuid", uuid],
  ["Status", `${status}`],
  ["CampUuid", "c-1"],
  ["DlmaUuid", "l-1"],
  ["DlListUuid", "r-1"],
  ["DialAddr", "+4520123456"],
  ["DialTryCnt", "2"],
  ["ResDial", `${resDial}`],
  ["ResHangup", `${resHangup}`],
  ["TmCreate", timeOf(0)],
  ["TmUpdate", action === "Create" ? "<unknown>" : timeOf(second)],
]
export const ANSWERED: State[] = [
  ["Create", 0, 0, 0, 0],
  ["Update", 1, 0, 0, 1],
  ["Update", 1, 4, 0, 9],
  ["Update", 5, 4, 16, 30],
  ["Update", 6, 4, 16, 31],
  ["Delete", 6, 4, 16, 31],
]

// A seeded shuffle: what fails fails again.
export function shuffled<T>(items: T[], seed: number): T[] {
  let state = seed
  const next = () => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648)
  return items
    .map((item) => [next(), item] as const)
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item)
}

export const BUSY: State[] = [
  ["Create", 0, 0, 0, 0],
  ["Update", 1, 0, 0, 1],
  ["Update", 10, 0, 17, 4],
  ["Delete", 6, 0, 17, 4],
]
