import assert from "node:assert/strict"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import { readConfig } from "@ringback/collector/config"
import { SettingError } from "@ringback/collector/settings"
import { makeSpoolDir, makeToken } from "../harness/collector.ts"

const entry = (more: Record<string, unknown> = {}) => ({
  AMI_HOST: "pbx.example.com",
  AMI_SECRET: "s3cret",
  RINGBACK_SOURCE_TOKEN: makeToken().text,
  ...more,
})
const environment = {
  AMI_USERNAME: "ringback",
  RINGBACK_INGEST_QUEUE_URL: "https://sqs.eu-central-1.amazonaws.com/123456789012/Ingest",
}

function read(t: TestContext, content: string) {
  const { dir, remove } = makeSpoolDir()
  t.after(remove)
  const path = join(dir, "collectors.yaml")
  writeFileSync(path, content)
  return { path, settings: () => readConfig({ ...environment, RINGBACK_CONFIG: path }) }
}

test("without a file the environment alone makes one collector", () => {
  const settings = readConfig({ ...environment, ...entry(), AMI_PORT: "5040" })
  assert.deepEqual(
    settings.map(({ ami }) => ami.port),
    [5040],
  )
})

test("an entry overrides the environment, and has a directory of its own unless it names one", (t) => {
  const own = { AMI_PORT: 5040, AMI_TLS: null, RINGBACK_SPOOL_DIR: "/var/own" }
  const entries = [entry(), entry(own), entry({ AMI_USERNAME: "other" })]
  const [first, second, third] = read(t, JSON.stringify(entries)).settings()
  assert.deepEqual(
    [first!.ami.port, second!.ami.port, second!.spoolDir, third!.ami.username],
    [5038, 5040, "/var/own", "other"],
  )
  assert.match(first!.spoolDir, /^spool\/src_\w+$/)
  assert.notEqual(first!.spoolDir, third!.spoolDir)
})

test("what is wrong with an entry is said with its number, once", (t) => {
  const { settings } = read(t, JSON.stringify([entry(), entry({ AMI_PORT: "x" })]))
  assert.throws(settings, (error: SettingError) => {
    assert.match(error.message, /^RINGBACK_CONFIG, entry 2: AMI_PORT /)
    assert.ok(error.cause instanceof SettingError)
    assert.equal(error.message, `RINGBACK_CONFIG, entry 2: ${error.cause.message}`)
    return error instanceof SettingError
  })
})

test("a file that is no list of collectors is named, with what is wrong", (t) => {
  const wrong: [content: string, what: string][] = [
    ["a: [", "is neither JSON nor YAML"],
    ["{}", "does not contain a list of collectors"],
    ["[]", "does not contain a list of collectors"],
    ["[1]", "has an entry that is not a map of settings"],
    ["[null]", "has an entry that is not a map of settings"],
    ["[[]]", "has an entry that is not a map of settings"],
  ]
  for (const [content, what] of wrong) {
    const { path, settings } = read(t, content)
    assert.throws(settings, (error: SettingError) => {
      assert.ok(error instanceof SettingError)
      assert.equal(error.message, `RINGBACK_CONFIG names ${path}, which ${what}`)
      assert.equal(error.cause instanceof Error, content === "a: [")
      return true
    })
  }
  const RINGBACK_CONFIG = "/nowhere/collectors.yaml"
  assert.throws(
    () => readConfig({ ...environment, RINGBACK_CONFIG }),
    /^SettingError: RINGBACK_CONFIG names \/nowhere\/collectors.yaml, which cannot be read \(ENOENT\)$/,
  )
})

test("two entries cannot share a directory", (t) => {
  const same = entry()
  for (const entries of [
    [same, same],
    [entry({ RINGBACK_SPOOL_DIR: "/var/a" }), entry({ RINGBACK_SPOOL_DIR: "/var/a" })],
  ])
    assert.throws(read(t, JSON.stringify(entries)).settings, {
      name: "SettingError",
      message: "RINGBACK_CONFIG has two entries with the same source or RINGBACK_SPOOL_DIR",
    })
})
