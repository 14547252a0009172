import { loadavg } from "node:os"
import { answer, startReceiver } from "../harness/receiver.ts"
import { makeDir } from "../harness/directory.ts"
import { startRingback } from "../harness/ringback.ts"
import { until } from "../harness/until.ts"
import { Feeder } from "../prove/feeder.ts"

// `npm start` is killed by SIGKILL amid 600 events at full load and started again: what never arrives, what arrives twice, and
// when the last one does. No event fails, so that nothing but the kill is measured.

const EVENTS = 600
const RUNS = Number(process.env["BENCH_RUNS"] ?? 5)
// Of a call's events none is asked for here.
const eventTypes = ["campaign.*"]

async function run(): Promise<{
  lost: number
  twice: number
  lastSeconds: number
  atKill: number
}> {
  const cleanings: (() => void | Promise<void>)[] = []
  const context = { after: (clean: () => void | Promise<void>) => void cleanings.unshift(clean) }
  try {
    const times = new Map<string, number[]>()
    const receiver = await startReceiver(({ webhook }, response) => {
      const uuid = webhook.data["uuid"] as string
      times.set(uuid, [...(times.get(uuid) ?? []), performance.now()])
      answer(response, 204)
    })
    context.after(() => receiver.close())
    const env = { RINGBACK_DATA_DIR: makeDir(), RINGBACK_DEMO: "0" }
    let ringback = await startRingback(context, env)
    const { id } = await ringback.call<{ id: string }>("POST", "/tenants", { name: "acme" })
    const path = `/tenants/${id}`
    const { token } = await ringback.call<{ token: string }>("POST", `${path}/sources`, {
      name: "pbx",
    })
    await ringback.call("POST", `${path}/endpoints`, { url: receiver.url, eventTypes })
    const feeder = new Feeder(token)
    const feeding = feeder.feed(ringback.ready.ingestQueueUrl, EVENTS)
    await until(() => times.size >= EVENTS / 3, { what: "a third of the events" })
    await ringback.kill("SIGKILL")
    const atKill = times.size
    await feeding
    ringback = await startRingback(context, env)
    const restartedAt = performance.now()
    await feeder.feed(ringback.ready.ingestQueueUrl, 0)
    const isThere = () => [...feeder.acknowledged].every((uuid) => times.has(uuid))
    await until(isThere, { seconds: 240, what: "every event" }).catch(() => {})
    const lost = [...feeder.acknowledged].filter((uuid) => !times.has(uuid)).length
    const all = [...times.values()]
    const last = Math.max(...all.map((each) => each[0]!))
    return {
      lost,
      twice: all.filter((each) => each.length > 1).length,
      lastSeconds: (last - restartedAt) / 1000,
      atKill,
    }
  } finally {
    for (const clean of cleanings) await clean()
  }
}

console.log(`load average ${loadavg()[0]!.toFixed(1)} before`)
for (let index = 0; index < RUNS; index++) {
  const { lost, twice, lastSeconds, atKill } = await run()
  console.log(
    `killed at ${atKill} of ${EVENTS}: ${lost} lost, ${twice} twice, the last ${lastSeconds.toFixed(1)} s after the restart`,
  )
}
