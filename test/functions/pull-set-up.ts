import assert from "node:assert/strict"
import { after, before, beforeEach } from "node:test"
import type { Message } from "@ringback/functions/pull/fetch"
import { campaignUpdate, startWorld, type World } from "../harness/world.ts"
import { startApi, type Sent, type TestApi } from "../api/api.ts"

export let world: World
let api: TestApi
before(async () => {
  world = await startWorld()
  api = await startApi({ stack: world.stack, now: Date.now })
})
after(() => world.close())
beforeEach(() => world.begin())

export const path = () => `/v1/tenants/${world.customer.tenant}`
export const call = (route: string, sent?: Sent) => {
  const [method, rest] = route.split(" ")
  return api.call(`${method} ${path()}${rest}`, sent)
}

/** A pull endpoint, and what its receiver does. */
export async function makePull(settings: object = {}) {
  const made = await call("POST /endpoints", { body: { pull: true, ...settings } })
  assert.equal(made.status, 201, made.text)
  world.advance(11_000)
  const id = made.body.id as string
  const fetch = async (body: object = {}): Promise<Message[]> => {
    const answer = await call(`POST /endpoints/${id}/messages`, { body })
    assert.equal(answer.status, 200, answer.text)
    return answer.body.messages
  }
  const ack = async (...acks: Pick<Message, "deliveryId" | "lease">[]) => {
    const body = { acks: acks.map(({ deliveryId, lease }) => ({ deliveryId, lease })) }
    const answer = await call(`POST /endpoints/${id}/messages/ack`, { body })
    assert.equal(answer.status, 200, answer.text)
    return answer.body as { acked: string[]; lost: string[] }
  }
  const deliveries = () => world.deliveries({ endpointId: id })
  return { id, secret: made.body.secret as string, fetch, ack, deliveries, answer: made.body }
}

/** Events one after the other; their campaigns. */
export async function happen(count: number): Promise<string[]> {
  const uuids: string[] = []
  for (let index = 0; index < count; index++) {
    const headers = campaignUpdate()
    uuids.push(headers[2]![1])
    await world.say(headers)
    await world.pump()
    world.advance(10)
  }
  return uuids
}

export const uuidsOf = (messages: Message[]) =>
  messages.map(({ body }) => (JSON.parse(body) as { data: { uuid: string } }).data.uuid)
