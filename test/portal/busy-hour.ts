import { randomUUID } from "node:crypto"
import { makeMessageId } from "../harness/heard.ts"
import { answer, type TestReceiver } from "../harness/receiver.ts"
import { makeDeps, pumpAll } from "../harness/system.ts"
import type { TestApi } from "../api/api.ts"
import { sendAs, stampOf } from "./say.ts"

const MINUTE_MS = 60_000
const STEP_MS = 2 * MINUTE_MS
const STEPS = 29

/** A clock that pictures are taken by: an hour of a call centre's day passes in as long as its requests take. */
export type Clock = { at: number }

/** An hour of three PBXes and three endpoints, one of which is down at its end. */
export async function liveAnHour(api: TestApi, clock: Clock, receiver: TestReceiver) {
  const endsAt = clock.at
  clock.at = endsAt - STEPS * STEP_MS
  const { body: tenant } = await api.call("POST /v1/tenants", { body: { name: "Nordic Renewals" } })
  const path = `/v1/tenants/${tenant.id}`
  const make = async (at: string, body: object) => {
    const made = await api.call(`POST ${path}${at}`, { body })
    return made.body as { id: string; token: string }
  }
  const sources: { id: string; token: string }[] = []
  for (const name of ["pbx-1, Copenhagen", "pbx-2, Aarhus", "pbx-3, Odense"])
    sources.push(await make("/sources", { name }))
  const eventTypes = ["campaign.*", "dialing.*", "call.*"]
  const crm = await make("/endpoints", {
    url: `${receiver.url}crm`,
    description: "CRM, production",
    eventTypes,
  })
  await make("/endpoints", { url: `${receiver.url}warehouse`, description: "Data warehouse" })
  await make("/endpoints", {
    url: `${receiver.url}wallboard`,
    description: "Wallboard",
    eventTypes: ["call.*"],
  })
  await make("/keys", { name: "crm, production" })
  await make("/keys", { name: "dashboard", scope: "read" })

  let step = 0
  receiver.behave(({ path: at }, response) => {
    const isDown = at === "/wallboard" && step >= 25
    return isDown
      ? answer(response, 503, {}, '{"error":"upstream connect error"}')
      : answer(response, 204)
  })
  const heard = (source: { token: string }, isLast = false) =>
    sendAs(api, source.token, {
      v: 1,
      kind: "heartbeat",
      id: makeMessageId(),
      collector: "A".repeat(22),
      receivedAt: isLast ? endsAt : clock.at,
      version: "0.1.0",
      connectedSince: endsAt - 60 * MINUTE_MS,
      spoolDepth: 0,
      spoolAgeSeconds: 0,
    })
  for (; step < STEPS; step++) {
    clock.at += STEP_MS
    // A workday's ups and downs, the same in each picture.
    const calls = 2 + Math.round(2 * Math.sin(step / 4) + 1.5 * Math.sin(step * 1.7))
    for (let call = 0; call < Math.max(1, calls); call++)
      await callOnce(api, sources[call % 2]!.token, clock.at, step * 7 + call)
    if (step < 12) await heard(sources[2]!)
    await pumpAll(api.stack, makeDeps(api.stack, { now: () => clock.at }))
  }
  clock.at = endsAt
  for (const source of sources.slice(0, 2)) await heard(source, true)
  await pumpAll(api.stack, makeDeps(api.stack, { now: () => clock.at }))
  const events = await api.call(`GET ${path}/events?type=call.completed&limit=1`)
  const deliveries = await api.call(`GET ${path}/deliveries?status=pending&limit=1`)
  return {
    tenantId: tenant.id as string,
    endpointId: crm.id,
    sourceId: sources[2]!.id,
    event: events.body.data[0] as { id: string; data: { uuid: string } },
    deliveryId: deliveries.body.data[0].id as string,
  }
}

const OUTCOMES = [
  ["4", "16"],
  ["4", "16"],
  ["5", "17"],
  ["3", "19"],
  ["4", "16"],
  ["8", "34"],
] as const

async function callOnce(api: TestApi, token: string, at: number, seed: number): Promise<void> {
  const uuid = randomUUID()
  const [resDial, resHangup] = OUTCOMES[seed % OUTCOMES.length]!
  const number = `+4520${String(123_456 + seed * 7_919).slice(-6)}`
  const begunAt = at - 40_000
  const said: [action: string, status: string, dial: string, hangup: string, at: number][] = [
    ["Create", "0", "0", "0", begunAt],
    ["Update", "1", resDial, "0", begunAt + 9_000],
    ["Update", "6", resDial, resHangup, begunAt + 34_000],
  ]
  for (const [action, status, dial, hangup, saidAt] of said) {
    const isCreation = action === "Create"
    await sendAs(api, token, {
      v: 1,
      kind: "event",
      id: makeMessageId(),
      collector: "A".repeat(22),
      receivedAt: saidAt,
      headers: [
        ["Event", `OutDialing${action}`],
        ["Uuid", uuid],
        ["Status", status],
        ["DialAddr", number],
        ["DialTryCnt", "1"],
        ["ResDial", dial],
        ["ResHangup", hangup],
        ["TmCreate", stampOf(begunAt)],
        ["TmUpdate", isCreation ? "<unknown>" : stampOf(saidAt)],
      ],
    })
  }
}
