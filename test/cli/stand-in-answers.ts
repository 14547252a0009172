import type { TestContext } from "node:test"
import { cli } from "./command.ts"
import { type Answers, page, startStandIn } from "./stand-in.ts"

export const TENANT = `ten_${"0".repeat(26)}`
export const BASE = `/tenants/${TENANT}`
export const at = "2026-11-22T06:27:40.281Z"

const endpoint = {
  id: "ep_1",
  url: "https://crm.example.com/hooks",
  eventTypes: ["campaign.*"],
  disabled: true,
  disabledReason: "gone",
  createdAt: at,
  transform: "a later setting",
}
const source = { id: "src_1", name: "pbx", status: "silent", lastSeenAt: at, createdAt: at }
export const key = {
  id: "key_1",
  name: "crm",
  scope: "read",
  createdAt: at,
  expiresAt: null,
  lastUsedAt: null,
}
export const tenant = { id: TENANT, name: "Acme", createdAt: at }
const counts = { pending: 1, delivered: 2, failed: 3, held: 4, discarded: 5 }
const window = { counts, latencyMs: { p50: 12, p95: 1500 }, isEstimate: false }
export const stats = { lastHour: window, lastDay: window, lastWeek: window, failingSince: at }
export const tested = {
  delivered: true,
  statusCode: 204,
  durationMs: 7,
  error: null,
  responseBody: null,
}

export const answers: Answers = {
  "GET /whoami": { body: { kind: "tenant", tenantId: TENANT, scope: "read" } },
  "GET /tenants": page(tenant),
  "POST /tenants": { status: 201, body: tenant },
  [`GET ${BASE}`]: { body: tenant },
  [`PATCH ${BASE}`]: { body: tenant },
  [`DELETE ${BASE}`]: { status: 204 },
  [`GET ${BASE}/endpoints`]: page(endpoint),
  [`POST ${BASE}/endpoints`]: { status: 201, body: { ...endpoint, secret: "whsec_x" } },
  [`GET ${BASE}/endpoints/ep_1`]: { body: endpoint },
  [`PATCH ${BASE}/endpoints/ep_1`]: { body: endpoint },
  [`DELETE ${BASE}/endpoints/ep_1`]: { status: 204 },
  [`POST ${BASE}/endpoints/ep_1/test`]: { body: tested },
  [`GET ${BASE}/endpoints/ep_1/stats`]: { body: stats },
  [`GET ${BASE}/endpoints/ep_1/secret`]: {
    body: { secret: "whsec_new", previous: [{ expiresAt: at }] },
  },
  [`POST ${BASE}/endpoints/ep_1/secret/rotate`]: {
    body: { secret: "whsec_new", previousExpiresAt: at },
  },
  [`POST ${BASE}/endpoints/ep_1/recover`]: ({ body }) =>
    body!["dryRun"]
      ? { body: { count: 3, isLowerBound: true } }
      : { status: 202, body: { count: 1, isLowerBound: false, jobId: "job_1" } },
  [`GET ${BASE}/sources`]: page(source),
  [`POST ${BASE}/sources`]: { status: 201, body: { ...source, token: "rbs_x" } },
  [`GET ${BASE}/sources/src_1`]: { body: source },
  [`PATCH ${BASE}/sources/src_1`]: { body: source },
  [`POST ${BASE}/sources/src_1/rotate`]: { body: { ...source, token: "rbs_y" } },
  [`DELETE ${BASE}/sources/src_1`]: { status: 204 },
  [`GET ${BASE}/keys`]: page(key),
  [`POST ${BASE}/keys`]: { status: 201, body: { ...key, key: "rbk_x" } },
  [`DELETE ${BASE}/keys/key_1`]: { status: 204 },
  [`GET ${BASE}/records`]: page({
    kind: "plan",
    uuid: "p-1",
    source: "src_1",
    data: { name: "patient" },
  }),
  [`GET ${BASE}/audit`]: page({
    at,
    actor: "key_1",
    action: "updateEndpoint",
    target: "ep_1",
    changes: { rateLimit: 10 },
  }),
  [`POST ${BASE}/erase`]: { status: 202, body: { jobId: "job_1" } },
  [`GET ${BASE}/jobs/job_1`]: { body: { id: "job_1", kind: "erase", status: "done" } },
  [`POST ${BASE}/portal-links`]: {
    status: 201,
    body: { url: "https://x/portal/link?token=t", expiresAt: at },
  },
  [`POST ${BASE}/sources/src_1/test`]: {
    status: 202,
    body: { uuid: "d-1", eventIds: ["evt_1", "evt_2"] },
  },
}

export async function setUp(t: TestContext) {
  const api = await startStandIn(t, answers)
  const env = { RINGBACK_URL: api.url, RINGBACK_KEY: `rbk_${"0".repeat(26)}_k_s` }
  const run = (line: string, ...more: string[]) => cli([...line.split(" "), ...more], env)
  return { run, asked: api.asked }
}
