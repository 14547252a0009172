import { PutItemCommand, ScanCommand } from "@aws-sdk/client-dynamodb"
import { openDataDir } from "@ringback/local/data-dir"
import { chooseDynamodb, spawnDynamodb } from "@ringback/local/dynamodb-engine"
import { findDynoxide, startDynoxide } from "@ringback/local/dynoxide-engine"
import { type EngineKind, spawnEngine } from "@ringback/local/engine-process"
import { provision } from "@ringback/local/provision"
import assert from "node:assert/strict"
import { once } from "node:events"
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type AddressInfo, createServer } from "node:net"
import { test, type TestContext } from "node:test"
import { canConnect } from "../harness/can-connect.ts"
import { processesWith } from "../harness/processes.ts"
import { makeDir } from "../harness/directory.ts"
import { startRingback } from "../harness/ringback.ts"
import { makeClients, startServices } from "../harness/stack.ts"
import { until } from "../harness/until.ts"

const kinds = findDynoxide() ? (["dynalite", "dynoxide"] as const) : (["dynalite"] as const)

function openDir(t: TestContext, path = makeDir()) {
  const dir = openDataDir(path)
  t.after(dir.release)
  return dir
}

test("a new directory gets dynoxide where it runs, and keeps its engine", (t) => {
  const [here, elsewhere] = [openDir(t), openDir(t)]
  assert.equal(chooseDynamodb(here, true), "dynoxide")
  assert.equal(chooseDynamodb(here, true), "dynoxide")
  assert.equal(chooseDynamodb(elsewhere, false), "dynalite")
  assert.equal(chooseDynamodb(elsewhere, true), "dynalite")
})

test("a directory of dynoxide is refused where that does not run, and one of an unknown engine", (t) => {
  const dir = openDir(t)
  chooseDynamodb(dir, true)
  assert.throws(
    () => chooseDynamodb(dir, false),
    /^SettingError: RINGBACK_DATA_DIR: .* holds data of dynoxide, which does not run here; /,
  )
  dir.write("dynamodb-engine", "other")
  assert.throws(
    () => chooseDynamodb(dir, true),
    /^SettingError: RINGBACK_DATA_DIR: .* names "other", which this version does not know/,
  )
})

const skip = findDynoxide() ? false : "dynoxide does not run on this platform"

test(
  "dynoxide starts elsewhere where another program takes the chosen port first",
  { skip },
  async (t) => {
    const other = createServer().listen(0, "127.0.0.1")
    t.after(() => other.close())
    await once(other, "listening")
    const taken = (other.address() as AddressInfo).port
    const free = createServer().listen(0, "127.0.0.1")
    await once(free, "listening")
    const { port } = free.address() as AddressInfo
    await new Promise((resolve) => free.close(resolve))
    const ports = [taken, port]
    const chooseAddress = async () => ({
      host: "127.0.0.1",
      port: ports.shift() ?? assert.fail("asked too often"),
    })
    const engine = await startDynoxide({}, chooseAddress)
    t.after(() => engine.close())
    assert.equal(engine.directUrl, `http://127.0.0.1:${port}`)
  },
)

const item = { pk: { S: "p" }, sk: { S: "kept" } }

for (const kind of kinds) {
  test(`what ${kind} has acknowledged is there after a SIGKILL, also where its engine was not recorded`, async (t) => {
    const services = await startServices()
    t.after(() => services.close())
    const dir = openDir(t)
    const options = { dataDir: dir.path }
    const make = async (directUrl: string) => {
      const { dynamodb, close } = makeClients({ dynamodbUrl: directUrl })
      t.after(close)
      const { tableName } = await provision({ ...services, dynamodb, prefix: "kept" })
      return { dynamodb, TableName: tableName }
    }
    let how: string | undefined
    const first = await spawnDynamodb(kind, { ...options, onEnded: (code) => (how = code) })
    t.after(() => first.close())
    const before = await make(first.url)
    for (let index = 0; index < 50; index += 1) {
      const Item = { ...item, n: { N: String(index) } }
      const key = { ...Item, sk: { S: `${index}` } }
      await before.dynamodb.send(new PutItemCommand({ TableName: before.TableName, Item: key }))
    }
    for (const pid of processesWith(dir.path)) process.kill(pid, "SIGKILL")
    await until(() => how)

    rmSync(join(dir.path, "dynamodb-engine"), { force: true })
    const second = await spawnDynamodb(chooseDynamodb(dir), options)
    t.after(() => second.close())
    const after = await make(second.url)
    const { Count } = await after.dynamodb.send(new ScanCommand({ TableName: after.TableName }))
    assert.equal(Count, 50)
    assert.equal(readFileSync(join(dir.path, "dynamodb-engine"), "utf8"), kind)
  })
}

test("an engine waits for the one before it, which still has the files and the port", async () => {
  const dataDir = makeDir()
  for (const kind of ["sqs", "dynalite"] satisfies EngineKind[]) {
    const first = await spawnEngine(kind, { dataDir })
    const port = Number(new URL(first.url).port)
    const second = spawnEngine(kind, { dataDir, port })
    await first.close()
    assert.equal((await second).url, first.url)
    await (await second).close()
  }
})

test("the engines end with a start that is killed, and a new one finds what they kept", async (t) => {
  const env = { RINGBACK_DATA_DIR: makeDir(), RINGBACK_DEMO: "0" }
  const first = await startRingback(t, env)
  const { id } = await first.call<{ id: string }>("POST", "/tenants", { name: "kept" })
  const engines = processesWith(env.RINGBACK_DATA_DIR)
  assert.ok(engines.length >= 2)
  await first.kill("SIGKILL")
  await until(() => processesWith(env.RINGBACK_DATA_DIR).length === 0)
  assert.equal(await canConnect("127.0.0.1", first.ready.awsEndpointSqs), false)

  const second = await startRingback(t, env)
  assert.equal((await second.call<{ name: string }>("GET", `/tenants/${id}`)).name, "kept")
  await second.kill()
  assert.equal(await second.ended, 0)
  assert.deepEqual(processesWith(env.RINGBACK_DATA_DIR), [])
})

test("an engine that ends by itself ends the start, which names it", async (t) => {
  const env = { RINGBACK_DATA_DIR: makeDir(), RINGBACK_DEMO: "0" }
  const ringback = await startRingback(t, env)
  const [sqs] = processesWith(env.RINGBACK_DATA_DIR, "engine-main")
  process.kill(sqs!, "SIGKILL")
  assert.equal(await ringback.ended, 1)
  assert.match(ringback.stderr(), /the embedded SQS ended \(SIGKILL\)/)
  await until(() => processesWith(env.RINGBACK_DATA_DIR).length === 0)
})

test("a directory of dynalite stays with it, its tenants too", async (t) => {
  const env = { RINGBACK_DATA_DIR: makeDir(), RINGBACK_DEMO: "0" }
  writeFileSync(join(env.RINGBACK_DATA_DIR, "dynamodb-engine"), "dynalite")
  const first = await startRingback(t, env)
  const { id } = await first.call<{ id: string }>("POST", "/tenants", { name: "old" })
  await first.kill()
  // As an older version left it.
  rmSync(join(env.RINGBACK_DATA_DIR, "dynamodb-engine"))
  const second = await startRingback(t, env)
  assert.equal((await second.call<{ name: string }>("GET", `/tenants/${id}`)).name, "old")
  await second.kill()
})
