import assert from "node:assert/strict"
import { spawnSync, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { after, test } from "node:test"
import { fileURLToPath } from "node:url"
import { eventTypes, findEventType } from "@ringback/events/documented-event-types"
import { createApi } from "@ringback/functions/api/index"
import { startApi as serveApi } from "@ringback/local/api-server"
import { MAX_ATTEMPTS, RETRY_DELAYS_MS } from "@ringback/webhooks/retry-schedule"
import { signatureHeaders } from "@ringback/webhooks/sign"
import { pumpAll } from "../harness/system.ts"
import { makeTenant, startApi } from "../api/api.ts"
import { startExample } from "./example.ts"
import { blocks, blockWith, tableUnder } from "./guide.ts"

const temporary = mkdtempSync(join(tmpdir(), "ringback-guide-"))
after(() => rmSync(temporary, { recursive: true }))
symlinkSync(
  fileURLToPath(new URL("../../node_modules", import.meta.url)),
  join(temporary, "node_modules"),
)
writeFileSync(join(temporary, "package.json"), '{"type":"module"}')

/** Blocks that a test has run. */
const run = new Set<string>()
function take(language: string, part: string): string {
  const code = blockWith(language, part)
  run.add(code)
  return code
}

/** That block in a file, */
function fileWith(code: string, name: string): string {
  const file = join(temporary, name)
  writeFileSync(file, code)
  return file
}

/** and what it says that it prints. */
const promised = (code: string) =>
  [...code.matchAll(/(?:\/\/|#) → (.*)$/gm)].map(([, value]) => `${value}\n`).join("")

const isInstalled = (command: string) => spawnSync(command, ["--version"]).error === undefined
const unless = (command: string) => (isInstalled(command) ? false : `${command} is not installed`)

test("the first receiver takes what is signed, and refuses the rest", async () => {
  const file = fileWith(take("ts", "serve("), "receiver.ts")
  const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`
  const command = () => [process.execPath, "--conditions=ringback-source", file]
  const running = await startExample(command, { RINGBACK_SECRET: secret })
  const body = JSON.stringify(findEventType("call.completed")!.example)
  const timestampSeconds = Math.floor(Date.now() / 1000)
  const headers = {
    ...signatureHeaders({ id: "evt_1", timestampSeconds, body, secrets: [secret] }),
  }
  try {
    const taken = await fetch(running.url, { method: "POST", headers, body })
    assert.equal(taken.status, 204)
    const refused = await fetch(running.url, { method: "POST", headers, body: `${body} ` })
    assert.equal(refused.status, 400)
  } finally {
    await running.close()
  }
})

test("the upsert keeps the newest, whatever comes last", () => {
  const db = new DatabaseSync(":memory:")
  db.exec("CREATE TABLE calls (uuid TEXT PRIMARY KEY, version TEXT, outcome TEXT)")
  const upsert = db.prepare(take("sql", "INSERT INTO calls"))
  const time = "2026-11-22T06:27:40.281000000Z"
  for (const [version, outcome] of [
    [`${time}/1`, null],
    [`${time}/2`, "answered"],
    [`${time}/0`, null],
    [`${time}/1`, null],
  ] as const) {
    upsert.run({ uuid: "a", version, outcome })
  }
  assert.equal(db.prepare("SELECT outcome FROM calls").get()!["outcome"], "answered")
  db.close()
})

for (const [language, part, command] of [
  ["ts", "BigInt", process.execPath],
  ["python", "fromisoformat", "python3"],
  ["php", "DateTimeImmutable", "php"],
] as const) {
  test(`time stamps are read as the guide says, in ${language}`, { skip: unless(command) }, () => {
    const code = take(language, part)
    const { stdout, stderr } = spawnSync(command, [fileWith(code, `times.${language}`)], {
      encoding: "utf8",
    })
    assert.equal(stdout, promised(code), stderr)
  })
}

test("the webhook that it shows is the catalog's example", () => {
  assert.deepEqual(
    JSON.parse(take("json", "call.completed")),
    findEventType("call.completed")!.example,
  )
})

test("the life of a call names real events, and the table names all of them", () => {
  const drawn = take("text", "call.started").match(/\b(call|dialing)\.[a-z]+/g) ?? []
  for (const type of drawn) assert.ok(findEventType(type), type)
  const calls = eventTypes.map(({ type }) => type).filter((type) => /^(call|dialing)\./.test(type))
  assert.deepEqual(new Set(drawn), new Set(calls))
  const patterns = tableUnder("event").flatMap(([types]) =>
    [...types!.matchAll(/`([^`]+)`/g)].map(([, type]) => type!),
  )
  const isNamed = (type: string) =>
    patterns.includes(type) || patterns.includes(`${type.split(".")[0]}.*`)
  assert.deepEqual(
    eventTypes.filter(({ type }) => !isNamed(type)),
    [],
  )
})

test("the attempts are those of the schedule", () => {
  const units = { seconds: 1000, minutes: 60_000, hours: 3_600_000 }
  const [first, ...rest] = tableUnder("attempt").map(([, wait]) => wait!)
  assert.equal(first, "none")
  const waits = rest.map((wait) => {
    const [count, unit] = wait.split(" ") as [string, keyof typeof units]
    return Number(count) * units[unit]
  })
  assert.deepEqual(waits, RETRY_DELAYS_MS)
  assert.equal(rest.length + 1, MAX_ATTEMPTS)
})

/** Runs commands of the guide; what they say. */
async function runShell(script: string, env: NodeJS.ProcessEnv): Promise<string> {
  const shell = spawn("sh", ["-euc", script], { env, stdio: ["ignore", "pipe", "pipe"] })
  let said = ""
  for (const stream of [shell.stdout, shell.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (said += text))
  const [status] = (await once(shell, "close")) as [number]
  assert.equal(status, 0, said)
  return said
}

const skip = unless("curl")
test("an endpoint is enabled again and recovered with the guide's commands", { skip }, async () => {
  const api = await startApi()
  const server = await serveApi((request) => createApi(api.deps).fetch(request), 0)
  try {
    const { id, path, key } = await makeTenant(api)
    const made = await api.call(`POST ${path}/endpoints`, {
      body: { url: "https://example.com/hooks", disabled: true },
    })
    const env = {
      ...process.env,
      RINGBACK: server.url,
      TENANT: id,
      ENDPOINT: made.body.id as string,
      KEY: key,
      SINCE: new Date(Date.now() - 3_600_000).toISOString(),
    }
    const said = await runShell(take("sh", "/recover"), env)
    assert.match(said, /"count":\s*0/)
    const now = await api.call(`GET ${path}/endpoints/${made.body.id}`)
    assert.equal(now.body.disabled, false)
  } finally {
    await server.close()
    await api.close()
  }
})

test("what waits is fetched and acknowledged with the guide's commands", { skip }, async () => {
  const api = await startApi()
  const server = await serveApi((request) => createApi(api.deps).fetch(request), 0)
  try {
    const { id, path, key } = await makeTenant(api)
    const made = await api.call(`POST ${path}/endpoints`, { body: { pull: true } })
    const source = await api.call(`POST ${path}/sources`, { body: { name: "PBX" } })
    await api.call(`POST ${path}/sources/${source.body.id}/test`, { body: {} })
    await pumpAll(api.stack, api.deps)
    const env = {
      ...process.env,
      RINGBACK: server.url,
      TENANT: id,
      PULL_ENDPOINT: made.body.id as string,
      KEY: key,
    }
    const fetched = await runShell(take("sh", "waitSeconds"), env)
    const { messages } = JSON.parse(fetched) as { messages: Record<string, string>[] }
    const { deliveryId, lease } = messages[0]!
    const ack = take("sh", "messages/ack")
    const acked = await runShell(ack, { ...env, DELIVERY: deliveryId, LEASE: lease })
    assert.deepEqual(JSON.parse(acked), { acked: [deliveryId], lost: [] })
  } finally {
    await server.close()
    await api.close()
  }
})

test("no code block of the guide is left out", () => {
  // On a machine without an interpreter the block was skipped, and the test above says so.
  const missing = {
    python: !isInstalled("python3"),
    php: !isInstalled("php"),
    sh: !isInstalled("curl"),
  }
  const left = blocks.filter(
    ({ language, code }) => !run.has(code) && !missing[language as keyof typeof missing],
  )
  assert.deepEqual(left, [])
})
