import { openDataDir } from "@ringback/local/data-dir"
import { readSettings, refuseOptions } from "@ringback/local/machine-settings"
import assert from "node:assert/strict"
import { readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { makeDir } from "../harness/directory.ts"

test("without settings the contract's defaults hold", () => {
  assert.deepEqual(readSettings({}), {
    port: 3000,
    dataDir: ".ringback",
    operatorKey: undefined,
    allowedNetworks: "",
    sqsPort: 4566,
    dynamodbPort: 8000,
    sqsUrl: undefined,
    dynamodbUrl: undefined,
    isDemo: true,
    hasPbx: false,
    apiRateLimit: 100,
    maxEndpoints: 200,
    crmUrls: {},
  })
})

test("a stand-in for a CRM is named by its kind", () => {
  const { crmUrls } = readSettings({ RINGBACK_CRM_URL_ZOHO: "http://127.0.0.1:4010" })
  assert.deepEqual(crmUrls, { zoho: "http://127.0.0.1:4010" })
})

test("an empty setting is one not made", () => {
  const empty = readSettings({ RINGBACK_PORT: "", AMI_HOST: "", RINGBACK_ALLOWED_NETWORKS: "" })
  assert.equal(empty.port, 3000)
  assert.equal(empty.isDemo, true)
  assert.equal(empty.allowedNetworks, "")
})

test("a PBX of one's own stands in for the demo", () => {
  assert.equal(readSettings({ AMI_HOST: "pbx.example" }).isDemo, false)
  assert.equal(readSettings({ AMI_HOST: "pbx.example" }).hasPbx, true)
  assert.equal(readSettings({ RINGBACK_DEMO: "0" }).isDemo, false)
})

test("an option is refused, not passed over: settings come from the environment", () => {
  refuseOptions([])
  assert.throws(
    () => refuseOptions(["--port", "4000"]),
    /^SettingError: --port: npm start takes no options; /,
  )
})

const wrong: Record<string, string[]> = {
  RINGBACK_PORT: ["http", "65536", "-1", "3000.5", " 3000"],
  RINGBACK_SQS_PORT: ["x"],
  RINGBACK_DYNAMODB_PORT: ["99999"],
  RINGBACK_OPERATOR_KEY: ["fifteen letters", "sixteen letters\u00e9", " sixteen letters and more"],
  RINGBACK_ALLOWED_NETWORKS: ["10.0.0.0/33", "everywhere", "10.0.0.0/8,fd00::/129"],
  RINGBACK_DEMO: ["no"],
  RINGBACK_API_RATE_LIMIT: ["-5", "many", "1.5"],
  RINGBACK_MAX_ENDPOINTS: ["0", "-5", "many", "1.5", "10000000"],
  RINGBACK_CRM_URL_HUBSPOT: ["127.0.0.1:4010", "http://127.0.0.1/crm", "http://a@127.0.0.1"],
  AWS_ENDPOINT_URL_SQS: ["127.0.0.1:4566", "ftp://127.0.0.1"],
  AWS_ENDPOINT_URL_DYNAMODB: ["localhost"],
}

test("a wrong setting is named in one line", () => {
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      assert.throws(
        () => readSettings({ [name]: value }),
        (error: Error) => error.message.startsWith(`${name}: `) && !error.message.includes("\n"),
        `${name}=${value}`,
      )
    }
  }
})

const makeDataDir = () => join(makeDir(), "data")

test("the operator's key and the data key are made once, for their owner's eyes only", () => {
  const dir = makeDataDir()
  const first = openDataDir(dir)
  first.release()
  const second = openDataDir(dir)
  second.release()
  assert.match(first.operatorKey, /^rbo_[A-Za-z0-9_-]{32}$/)
  assert.equal(second.operatorKey, first.operatorKey)
  assert.equal(readFileSync(first.dataKeyPath).length, 32)
  for (const name of ["operator-key", "data-key"]) {
    assert.equal(statSync(join(dir, name)).mode & 0o777, 0o600)
  }
})

test("a key in the settings wins over the kept one and does not replace it", () => {
  const dir = makeDataDir()
  const kept = openDataDir(dir)
  kept.release()
  const given = openDataDir(dir, "a key of the operator's own")
  assert.equal(given.operatorKey, "a key of the operator's own")
  given.release()
  const later = openDataDir(dir)
  assert.equal(later.operatorKey, kept.operatorKey)
  later.release()
})

test("a directory in use, or one that is a file, is said with the setting's name", () => {
  const dir = makeDataDir()
  const held = openDataDir(dir)
  assert.throws(
    () => openDataDir(dir),
    /^SettingError: RINGBACK_DATA_DIR: .* is in use by another process/,
  )
  held.release()
  const file = `${dir}-file`
  writeFileSync(file, "")
  assert.throws(() => openDataDir(file), /^SettingError: RINGBACK_DATA_DIR: .*EEXIST/)
  assert.throws(() => openDataDir(join(file, "in")), /^SettingError: RINGBACK_DATA_DIR: .*ENOTDIR/)
})
