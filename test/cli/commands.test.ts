import assert from "node:assert/strict"
import { test } from "node:test"
import { cli } from "./command.ts"
import { startStandIn } from "./stand-in.ts"
import { TENANT, BASE, at, tested, answers, setUp } from "./stand-in-answers.ts"

// The request of each command, and what of the answer is shown.
const commands: [line: string, request: string, body: object | undefined, shown: RegExp][] = [
  ["whoami", "GET /whoami", undefined, /key +tenant\nreaches +ten_0+\nscope +read\napi +http/],
  ["tenants", "GET /tenants", undefined, /ten_0+ +Acme +2026-11-22/],
  [`tenants ${TENANT}`, `GET ${BASE}`, undefined, /name +Acme/],
  ["tenants create Acme", "POST /tenants", { name: "Acme" }, /ten_0/],
  [`tenants update ${TENANT} --name B`, `PATCH ${BASE}`, { name: "B" }, /ten_0/],
  [`tenants delete ${TENANT} --yes`, `DELETE ${BASE}`, undefined, /✓ ten_0+ was deleted/],
  ["endpoints", `GET ${BASE}/endpoints`, undefined, /ep_1 +https:.* disabled: gone +campaign\.\*/],
  ["endpoints ep_1", `GET ${BASE}/endpoints/ep_1`, undefined, /transform +a later setting/],
  ["endpoints get ep_1", `GET ${BASE}/endpoints/ep_1`, undefined, /eventTypes +campaign\.\*/],
  [
    "endpoints create https://x.example",
    `POST ${BASE}/endpoints`,
    { url: "https://x.example" },
    /secret +whsec_x/,
  ],
  ["endpoints enable ep_1", `PATCH ${BASE}/endpoints/ep_1`, { disabled: false }, /is enabled/],
  ["endpoints disable ep_1", `PATCH ${BASE}/endpoints/ep_1`, { disabled: true }, /is disabled/],
  ["endpoints delete ep_1 -y", `DELETE ${BASE}/endpoints/ep_1`, undefined, /✓ ep_1 was deleted/],
  [
    "endpoints test ep_1 --event-type a.b",
    `POST ${BASE}/endpoints/ep_1/test`,
    { eventType: "a.b" },
    /✓ delivered: 204 in 7 ms/,
  ],
  [
    "endpoints stats ep_1",
    `GET ${BASE}/endpoints/ep_1/stats`,
    undefined,
    /last day +2 +1 +3 +4 +5 +12 ms +1\.5 s\n.*\nfailing since +2026/,
  ],
  ["endpoints secret ep_1", `GET ${BASE}/endpoints/ep_1/secret`, undefined, /^whsec_new\n$/],
  [
    "endpoints rotate ep_1 --overlap 2h",
    `POST ${BASE}/endpoints/ep_1/secret/rotate`,
    { overlapSeconds: 7200 },
    /^whsec_new\n$/,
  ],
  [
    `recover ep_1 --since ${at}`,
    `POST ${BASE}/endpoints/ep_1/recover`,
    { since: at },
    /✓ 1 delivery is sent again/,
  ],
  [
    `endpoints recover ep_1 --since ${at} --status held --dry-run`,
    `POST ${BASE}/endpoints/ep_1/recover`,
    { since: at, statuses: ["held"], dryRun: true },
    /✓ at least 3 deliveries would be/,
  ],
  ["sources", `GET ${BASE}/sources`, undefined, /src_1 +pbx +silent +2026/],
  ["sources src_1", `GET ${BASE}/sources/src_1`, undefined, /status +silent/],
  ["sources create pbx", `POST ${BASE}/sources`, { name: "pbx" }, /token +rbs_x/],
  ["sources update src_1 --name B", `PATCH ${BASE}/sources/src_1`, { name: "B" }, /src_1/],
  [
    "sources rotate src_1 --overlap 7d",
    `POST ${BASE}/sources/src_1/rotate`,
    { overlapSeconds: 604_800 },
    /token +rbs_y/,
  ],
  ["sources delete src_1 --yes", `DELETE ${BASE}/sources/src_1`, undefined, /✓ src_1 was deleted/],
  ["keys", `GET ${BASE}/keys`, undefined, /key_1 +crm +read +never +2026/],
  [
    "keys create crm --scope read",
    `POST ${BASE}/keys`,
    { name: "crm", scope: "read" },
    /key +rbk_x/,
  ],
  ["keys revoke key_1 --yes", `DELETE ${BASE}/keys/key_1`, undefined, /✓ key_1 was revoked/],
  ["records --kind plan", `GET ${BASE}/records`, undefined, /plan +p-1 +patient +src_1/],
  [
    "audit --after 2d",
    `GET ${BASE}/audit`,
    undefined,
    /2026.* key_1 +updateEndpoint +ep_1 +{"rateLimit":10}/,
  ],
  ["erase --contact-key 7 --yes", `POST ${BASE}/erase`, { contactKey: "7" }, /✓ job_1 started/],
  ["job job_1", `GET ${BASE}/jobs/job_1`, undefined, /status +done/],
  [
    "portal-link --expires-in 1d --scope read",
    `POST ${BASE}/portal-links`,
    { expiresInSeconds: 86_400, scope: "read" },
    /^https:.*token=t\n$/,
  ],
  [
    "trigger call --outcome busy --uuid d-1 --field uKey=7 --field variables.a=b=c",
    `POST ${BASE}/sources/src_1/test`,
    { call: { outcome: "busy" }, uuid: "d-1", fields: { uKey: "7", "variables.a": "b=c" } },
    /✓ call d-1 triggered: 2 events/,
  ],
]

for (const [line, request, body, shown] of commands) {
  test(`${line}: ${request}, and its answer in words or as JSON`, async (t) => {
    const { run, asked } = await setUp(t)
    const { exitCode, out, err } = await run(line)
    assert.equal(exitCode, 0, err)
    assert.match(out, shown)
    const last = asked.at(-1)!
    assert.equal(`${last.method} ${last.path}`, request)
    assert.deepEqual(last.body, last.method === "POST" && body === undefined ? {} : body)
    const json = await run(line, "--json")
    assert.equal(json.exitCode, 0)
    assert.equal(json.err, "")
    const parsed: unknown = JSON.parse(json.out)
    const answer = answers[request] as { body?: unknown }
    if (typeof answer === "object" && answer.body !== undefined)
      assert.deepEqual(parsed, answer.body)
  })
}

test("each setting of an endpoint has its option, and --data takes whatever else there is", async (t) => {
  const { run, asked } = await setUp(t)
  const { exitCode, err } = await run(
    "endpoints create https://x.example --event-types a.*,b.c --event-types d.e --sources src_1 --rate-limit 2.5 --metadata team=x --signing ed25519 --secret whsk_x --disabled --description",
    "two words",
    "--header",
    "X-Account: a: b",
    "--filter",
    'data.status=0,1,"1",busy,null,-01,0045,-4.5',
    "--filter",
    "data.ok=true",
    "--data",
    '{"order":"latest"}',
  )
  assert.equal(exitCode, 0, err)
  assert.deepEqual(asked.at(-1)!.body, {
    order: "latest",
    url: "https://x.example",
    eventTypes: ["a.*", "b.c", "d.e"],
    sources: ["src_1"],
    rateLimit: 2.5,
    metadata: { team: "x" },
    signing: "ed25519",
    secret: "whsk_x",
    disabled: true,
    description: "two words",
    headers: { "X-Account": "a: b" },
    filter: { "data.status": [0, 1, "1", "busy", null, "-01", "0045", -4.5], "data.ok": [true] },
  })
  await run("endpoints update ep_1 --clear filter,headers,rateLimit --to https://y.example")
  assert.deepEqual(asked.at(-1)!.body, {
    filter: null,
    headers: {},
    rateLimit: null,
    url: "https://y.example",
  })
})

test("nothing is deleted unless it is meant: asked at the keyboard, or said with --yes", async (t) => {
  const { run, asked } = await setUp(t)
  for (const line of [
    "endpoints delete ep_1",
    "sources delete src_1",
    "keys revoke key_1",
    `tenants delete ${TENANT}`,
    "erase --uuid d-1",
  ]) {
    const { exitCode, err } = await run(line)
    assert.equal(exitCode, 2)
    assert.match(err, /\? Use --yes to skip this question/)
  }
  assert.ok(asked.every(({ method }) => method !== "DELETE"))
})

test("a filter's value with quotes in it that is no JSON string is refused in words", async (t) => {
  const { run } = await setUp(t)
  const { exitCode, err } = await run("endpoints create https://x.example", "--filter", 'a="b"c"')
  assert.equal(exitCode, 2)
  assert.match(err, /^[^\n]*Give "b"c" as a JSON string\.\n.*--help shows help\)\n$/)
})

test("a test that the receiver does not take exits with 1, with its answer", async (t) => {
  const failed = { ...tested, delivered: false, statusCode: 500, responseBody: "no\u001b" }
  const api = await startStandIn(t, {
    [`POST ${BASE}/endpoints/ep_1/test`]: { body: failed },
  })
  const env = { RINGBACK_URL: api.url, RINGBACK_KEY: `rbk_${"0".repeat(26)}_k_s` }
  const { exitCode, err } = await cli(["endpoints", "test", "ep_1"], env)
  assert.equal(exitCode, 1)
  assert.equal(err, "ringback: The receiver did not accept it: 500 in 7 ms\n  no·\n")
  const json = await cli(["endpoints", "test", "ep_1", "--json"], env)
  assert.equal(json.exitCode, 1)
  assert.deepEqual(JSON.parse(json.out), failed)
})
