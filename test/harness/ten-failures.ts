import assert from "node:assert/strict"
import type { Delivery } from "@ringback/store/delivery"
import { answer } from "./receiver.ts"
import type { World } from "./world.ts"

const WEEK_MS = 7 * 24 * 3600_000

/** A delivery whose ten attempts fail, claims included. `begun`: called before its event is sent. */
export async function failTenTimes(
  world: World,
  bodyOf: (attempt: number) => string,
  begun: () => void,
): Promise<Delivery> {
  const { id, arrived } = await world.addEndpoint()
  world.receiver.behave((_, response) => answer(response, 500, {}, bodyOf(arrived().length)))
  begun()
  await world.say()
  const until = world.now() + WEEK_MS
  await world.pump()
  for (let attempts = 1; world.now() < until; attempts++) {
    const [delivery] = await world.deliveries({ endpointId: id })
    if (delivery!.status === "failed") break
    await world.run(delivery!.nextAt! + 1)
    assert.equal(arrived().length, attempts + 1)
  }
  const [delivery] = await world.deliveries({ endpointId: id })
  assert.equal(delivery!.attemptCount, 10)
  return delivery!
}
