import { after, before, beforeEach } from "node:test"
import { answer, type Webhook } from "../harness/receiver.ts"
import { startWorld, type World } from "../harness/world.ts"
import { startApi, type Sent, type TestApi } from "../api/api.ts"
import type { Pair } from "../events/capture.ts"

export let world: World
let api: TestApi
before(async () => {
  world = await startWorld()
  api = await startApi({ stack: world.stack, now: Date.now })
})
after(() => world.close())
beforeEach(() => world.begin())

export const LATEST = { order: "latest" as const }
export const call = (route: string, sent?: Sent) => {
  const [method, rest] = route.split(" ")
  return api.call(`${method} /v1/tenants/${world.customer.tenant}${rest}`, sent)
}

export const time = (second: number) => `2026-11-22T11:00:0${second}.000000001Z`
export const update = (second: number, uuid = "c-1"): Pair[] => [
  ["Event", "OutCampaignUpdate"],
  ["Uuid", uuid],
  ["Name", `at ${second}`],
  ["TmCreate", time(0)],
  ["TmDelete", "<unknown>"],
  ["TmUpdate", time(second)],
]
export const deletion = (second: number): Pair[] => [
  ["Event", "OutCampaignDelete"],
  ["Uuid", "c-1"],
  ["TmCreate", time(0)],
  ["TmDelete", time(second)],
  ["TmUpdate", time(1)],
]
export const named = ({ type, data }: Webhook) =>
  type === "campaign.deleted" ? "deleted" : (data["name"] as string)

export async function say(...events: Pair[][]): Promise<void> {
  for (const headers of events) {
    await world.say(headers)
    await world.pump()
    // Deliveries are listed by their receipt.
    world.advance(10)
  }
}

export const failing = () => world.receiver.behave((_, response) => answer(response, 500))
export const statuses = async (endpointId: string) =>
  (await world.deliveries({ endpointId })).map(({ status, reason }) => [status, reason])
