import assert from "node:assert/strict"
import { test } from "node:test"
import { Webhook } from "standardwebhooks"
import { openApi } from "../../packages/cli/src/api.ts"
import { followEvents } from "../../packages/cli/src/listen/event-log.ts"
import type { Shown } from "../../packages/cli/src/listen/listening.ts"
import { openTerminal } from "../../packages/cli/src/terminal.ts"
import { until } from "./command.ts"
import { startStandIn } from "./stand-in.ts"

const TENANT = `ten_${"0".repeat(26)}`

test("of a Ringback elsewhere the event log is followed: each event once, the late ones too", async (t) => {
  const at = (secondsAgo: number) => new Date(Date.now() - secondsAgo * 1000).toISOString()
  const event = (id: string, type: string, happened: number, told = 0) => ({
    id,
    type,
    timestamp: at(happened),
    observedAt: at(happened),
    createdAt: at(told),
    data: {},
  })
  const log = [event("evt_old", "plan.created", 60, 60)]
  const api = await startStandIn(t, {
    [`GET /tenants/${TENANT}/events`]: () => {
      const data = log.toSorted((left, right) => (left.timestamp < right.timestamp ? 1 : -1))
      return { body: { data, nextCursor: null } }
    },
  })
  const settings = { url: api.url, key: "k", isLocal: false }
  const shown: Shown[] = []
  const forwarded: { body: string; headers: Record<string, string> }[] = []
  const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`
  const stop = new AbortController()
  let err = ""
  const following = followEvents(
    {
      api: openApi(settings),
      tenant: TENANT,
      settings,
      terminal: openTerminal({ write() {} }, { write: (text) => (err += text) }, {}),
      isJson: false,
      stopped: stop.signal,
      confirm: undefined,
      name: "ringback",
    },
    {
      eventTypes: ["plan.*"],
      async forward(body, headers) {
        forwarded.push({ body: String(body), headers: headers as Record<string, string> })
        return { statusCode: 204, error: null, durationMs: 1 }
      },
      secret,
      show: (one) => shown.push(one),
    },
  )
  await until("it follows", () => err.includes("Following"))
  log.push(
    event("evt_2", "plan.updated", 1),
    event("evt_x", "dlma.updated", 1),
    event("evt_3", "plan.deleted", 0),
  )
  await until("two were shown", () => shown.length >= 2)
  log.push(event("evt_late", "plan.updated", 3600))
  await until("the late one was shown", () => shown.length >= 3)
  stop.abort()
  await following
  assert.deepEqual(
    shown.map(({ webhook }) => webhook.id),
    ["evt_2", "evt_3", "evt_late"],
  )
  // They were signed here, as they would have been there.
  assert.equal(forwarded.length, 3)
  for (const { body, headers } of forwarded) new Webhook(secret).verify(body, headers)
  assert.ok(err.includes(secret))
  assert.ok(
    shown.every(({ problem, webhook }) => problem === undefined && !("createdAt" in webhook)),
  )
})

test("a key that is refused while it follows ends it", async (t) => {
  let isRevoked = false
  const api = await startStandIn(t, {
    [`GET /tenants/${TENANT}/events`]: () =>
      isRevoked
        ? { status: 401, body: { title: "The key is not known", code: "auth.invalid" } }
        : { body: { data: [], nextCursor: null } },
  })
  const settings = { url: api.url, key: "k", isLocal: false }
  const terminal = openTerminal({ write() {} }, { write: () => (isRevoked = true) }, {})
  const stopped = new AbortController().signal
  const session = {
    api: openApi(settings),
    tenant: TENANT,
    settings,
    terminal,
    isJson: false,
    stopped,
    confirm: undefined,
    name: "ringback",
  }
  const following = followEvents(session, {
    eventTypes: null,
    forward: undefined,
    secret: "whsec_",
    show() {},
  })
  await assert.rejects(following, /auth\.invalid/)
})
