import { after, before, beforeEach } from "node:test"
import { answer } from "../harness/receiver.ts"
import { startRecordedWorld, type RecordedWorld } from "../harness/recorded.ts"
import type { SeenCall } from "../infra/calls.ts"

export const seen: SeenCall[] = []
export let world: RecordedWorld
before(async () => void (world = await startRecordedWorld(seen)))
after(() => world.close())
beforeEach(() => world.begin())

export const tenant = () => world.customer.tenant
export const table = () => world.deps.table

export const statuses = async (endpointId: string) =>
  (await world.deliveries({ endpointId })).map(({ status }) => status)

export const dialing = (action: string, status: string, resDial: string): [string, string][] => [
  ["Event", `OutDialing${action}`],
  ["Uuid", `dialing of ${tenant()}`],
  ["Status", status],
  ["CampUuid", "c-1"],
  ["ResDial", resDial],
  ["ResHangup", "0"],
  ["TmCreate", "2026-11-22T11:00:00.000000001Z"],
  ["TmUpdate", action === "Create" ? "<unknown>" : "2026-11-22T11:00:09.000000001Z"],
]

/** Answers events of the PBX with that status, what Ringback tells of itself with 204. */
export const failsFor = (status: number) =>
  world.receiver.behave(({ webhook }, response) =>
    answer(response, webhook.source === null ? 204 : status),
  )
