import { setTimeout as wait } from "node:timers/promises"
import { answer, startReceiver, type TestReceiver } from "../harness/receiver.ts"
import { makeDir, startRingback } from "../harness/ringback.ts"
import { until } from "../harness/until.ts"
import { makeChance } from "./chance.ts"
import { Feeder } from "./feeder.ts"

type Ringback = Awaited<ReturnType<typeof startRingback>>
type Kept = { id: string; eventId: string; status: string; attemptCount: number }

export type Killed = {
  kills: number
  events: number
  delivered: number
  /** Failed once at a bad moment: the net under the lost message lifts them a quarter of an hour later. */
  pending: number
  posts: number
  duplicates: number
  lost: string[]
}

const ENDPOINTS = 2
const SETTLES_WITHIN_SECONDS = 240

/** `npm start` in a process of its own, killed again and again while collectors send: nothing acknowledged may be lost. */
export async function runKills({
  kills,
  events,
  seed,
}: {
  kills: number
  events: number
  seed: number
}) {
  const cleanings: (() => void | Promise<void>)[] = []
  const context = { after: (clean: () => void | Promise<void>) => void cleanings.unshift(clean) }
  try {
    const chance = makeChance(seed)
    const receiver = await startReceiver((_, response) => {
      // A few fail, so that retries are under way when the end comes.
      if (!chance.is(0.06, "fails", receiver.arrived.length)) answer(response, 204)
      else if (chance.is(0.5, "how", receiver.arrived.length)) answer(response, 500)
      else response.socket?.resetAndDestroy()
    })
    context.after(() => receiver.close())
    const env = { RINGBACK_DATA_DIR: makeDir(context), RINGBACK_DEMO: "0" }
    let ringback = await startRingback(context, env)
    const { tenant, token } = await makeTenant(ringback, receiver)
    const feeder = new Feeder(token)
    for (let turn = 0; turn < kills; turn++) {
      const feeding = feeder.feed(ringback.ready.ingestQueueUrl, Math.ceil(events / kills))
      await wait(chance.between(100, 2500, "kill", turn))
      await ringback.kill("SIGKILL")
      await feeding
      ringback = await startRingback(context, env)
    }
    // What the collector has no answer for, it sends again.
    await feeder.feed(ringback.ready.ingestQueueUrl, 0)
    return await settle(ringback, tenant, feeder, receiver, kills)
  } finally {
    for (const clean of cleanings) await clean()
  }
}

async function makeTenant({ call }: Ringback, receiver: TestReceiver) {
  const { id: tenant } = await call<{ id: string }>("POST", "/tenants", { name: "acme" })
  const path = `/tenants/${tenant}`
  const { token } = await call<{ token: string }>("POST", `${path}/sources`, { name: "pbx" })
  for (let index = 0; index < ENDPOINTS; index++) {
    await call("POST", `${path}/endpoints`, { url: `${receiver.url}${index}` })
  }
  return { tenant, token }
}

async function settle(
  ringback: Ringback,
  tenant: string,
  feeder: Feeder,
  receiver: TestReceiver,
  kills: number,
): Promise<Killed> {
  const expected = feeder.acknowledged.size * ENDPOINTS
  let kept: Kept[] = []
  const isSettled = async () => {
    kept = await listAll(ringback, tenant)
    const isDone = ({ status, attemptCount }: Kept) => status !== "pending" || attemptCount > 0
    await wait(500)
    return kept.length >= expected && kept.every(isDone)
  }
  const what = "every acknowledged event is delivered, or waits after a failure"
  await until(isSettled, { seconds: SETTLES_WITHIN_SECONDS, what }).catch(() => {})
  return balance(kept, feeder, receiver, kills)
}

function balance(kept: Kept[], feeder: Feeder, receiver: TestReceiver, kills: number): Killed {
  const count = (wanted: string) => kept.filter(({ status }) => status === wanted).length
  const receipts = new Map<string, number>()
  for (const { path, webhook } of receiver.arrived) {
    const name = `${webhook.data["uuid"] as string} at ${path}`
    receipts.set(name, (receipts.get(name) ?? 0) + 1)
  }
  const waiting = kept.length - count("delivered")
  const missing = [...feeder.acknowledged]
    .flatMap((uuid) => Array.from({ length: ENDPOINTS }, (_, index) => `${uuid} at /${index}`))
    .filter((name) => !receipts.has(name))
  const lost = missing.map((name) => `no webhook for ${name}`)
  const expected = feeder.acknowledged.size * ENDPOINTS
  if (kept.length < expected) lost.push(`${kept.length} deliveries on record, not ${expected}`)
  if (waiting !== count("pending"))
    lost.push(`${waiting - count("pending")} are neither delivered nor pending`)
  const posts = receiver.arrived.length
  return {
    kills,
    events: feeder.acknowledged.size,
    delivered: count("delivered"),
    pending: count("pending"),
    posts,
    duplicates: posts - receipts.size,
    lost,
  }
}

async function listAll({ call }: Ringback, tenant: string): Promise<Kept[]> {
  const all: Kept[] = []
  let cursor: string | null = null
  do {
    const query: string = cursor === null ? "" : `&cursor=${cursor}`
    const page: { data: Kept[]; nextCursor: string | null } = await call(
      "GET",
      `/tenants/${tenant}/deliveries?limit=250${query}`,
    )
    all.push(...page.data)
    cursor = page.nextCursor
  } while (cursor !== null)
  return all
}
