import { after, before } from "node:test"
import { startReceiver, type TestReceiver } from "../harness/receiver.ts"
import { startApi, type TestApi } from "./api.ts"
import { makeWorld, type World } from "./world.ts"

export let api: TestApi
export let receiver: TestReceiver
export let world: World
export let path: string

before(async () => {
  api = await startApi()
  receiver = await startReceiver()
  world = await makeWorld(api, receiver.url)
  path = `${world.path}/endpoints`
})
after(async () => {
  await api.deps.testOutbound.close()
  await receiver.close()
  await api.close()
})

export const make = (settings: object = {}) =>
  api.call(`POST ${path}`, { key: world.key, body: { url: receiver.url, ...settings } })
