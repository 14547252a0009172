import assert from "node:assert/strict"
import { writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { once } from "node:events"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { test } from "node:test"
import { readSettings, SettingError } from "@ringback/collector/settings"
import { makeSpoolDir, makeToken, runProcess } from "../harness/collector.ts"

const good = {
  AMI_HOST: "pbx.example.com",
  AMI_USERNAME: "ringback",
  AMI_SECRET: "s3cret",
  RINGBACK_SOURCE_TOKEN: makeToken().text,
  RINGBACK_INGEST_QUEUE_URL: "https://sqs.eu-central-1.amazonaws.com/123456789012/Ingest",
}

test("takes the defaults of the manual, and the Region from the queue's URL", () => {
  const settings = readSettings(good)
  assert.equal(settings.ami.port, 5038)
  assert.equal(settings.ami.auth, "md5")
  assert.equal(settings.ami.tls, undefined)
  assert.equal(settings.spoolDir, "./spool")
  assert.equal(settings.healthPort, 9464)
  assert.equal(settings.healthHost, "127.0.0.1")
  assert.equal(settings.region, "eu-central-1")
  const other = (environment: Record<string, string>) => readSettings({ ...good, ...environment })
  assert.equal(other({ AWS_REGION: "us-west-2" }).region, "us-west-2")
  assert.equal(
    other({ RINGBACK_INGEST_QUEUE_URL: "http://127.0.0.1:4566/000000000000/Ingest" }).region,
    "us-east-1",
  )
  assert.equal(other({ AMI_TLS: "1" }).ami.port, 5039)
  assert.deepEqual(other({ AMI_TLS: "1" }).ami.tls, {})
  assert.equal(other({ AMI_PORT: "" }).ami.port, 5038, "an empty value is none")
})

test("reads each secret from a file too, without the line end", (t) => {
  const { dir, remove } = makeSpoolDir()
  t.after(remove)
  const secret = join(dir, "secret")
  const token = join(dir, "token")
  writeFileSync(secret, "from a file \n".trimEnd() + "\n")
  writeFileSync(token, `${good.RINGBACK_SOURCE_TOKEN}\n`)
  const { AMI_SECRET, RINGBACK_SOURCE_TOKEN, ...rest } = good
  const settings = readSettings({
    ...rest,
    AMI_SECRET_FILE: secret,
    RINGBACK_SOURCE_TOKEN_FILE: token,
  })
  assert.equal(settings.ami.secret, "from a file")
  assert.equal(settings.sourceToken, RINGBACK_SOURCE_TOKEN)
  assert.notEqual(settings.ami.secret, AMI_SECRET)
})

test("each setting arrives where it belongs, as it was set", (t) => {
  const { dir, remove } = makeSpoolDir()
  t.after(remove)
  const ca = join(dir, "ca.pem")
  writeFileSync(ca, "-----BEGIN CERTIFICATE-----\n")
  const queue = "https://eu.sqs.us-gov-west-1.api.aws/123456789012/Ingest"
  const settings = readSettings({
    ...good,
    AMI_PORT: "1",
    AMI_TLS: "1",
    AMI_TLS_CA: ca,
    AMI_AUTH: "plain",
    RINGBACK_INGEST_QUEUE_URL: queue,
    RINGBACK_API_URL: "https://api.example.com/base//",
    RINGBACK_SPOOL_DIR: dir,
    RINGBACK_SPOOL_MAX_MB: "1",
    RINGBACK_SEND_RATE: "1000000",
    RINGBACK_HEALTH_PORT: "65535",
    RINGBACK_HEALTH_HOST: "0.0.0.0",
  })
  assert.deepEqual(settings, {
    ami: {
      host: "pbx.example.com",
      port: 1,
      username: "ringback",
      secret: "s3cret",
      auth: "plain",
      tls: { ca: "-----BEGIN CERTIFICATE-----\n" },
    },
    sourceToken: good.RINGBACK_SOURCE_TOKEN,
    ingestQueueUrl: queue,
    apiUrl: "https://api.example.com/base",
    spoolDir: dir,
    spoolMaxMb: 1,
    sendRate: 1_000_000,
    amiEvents: [],
    healthPort: 65_535,
    healthHost: "0.0.0.0",
    region: "us-gov-west-1",
  })
  const vpce = "https://vpce-0a-b.sqs.eu-west-1.vpce.amazonaws.com/123456789012/Ingest"
  assert.equal(readSettings({ ...good, RINGBACK_INGEST_QUEUE_URL: vpce }).region, "eu-west-1")
  const { apiUrl, spoolMaxMb, sendRate } = readSettings({ ...good, AMI_TLS: "0" })
  assert.deepEqual([apiUrl, spoolMaxMb, sendRate], [undefined, 1024, 2000])
})

const wrong: [name: string, value: string][] = [
  ["AMI_HOST", ""],
  ["AMI_USERNAME", ""],
  ["AMI_SECRET", ""],
  ["AMI_SECRET_FILE", "/nowhere/secret"],
  ["AMI_PORT", "0"],
  ["AMI_PORT", "65536"],
  ["AMI_PORT", "5038x"],
  ["AMI_TLS", "yes"],
  ["AMI_AUTH", "basic"],
  ["RINGBACK_SOURCE_TOKEN", ""],
  ["RINGBACK_SOURCE_TOKEN", "rbs_nonsense"],
  ["RINGBACK_SOURCE_TOKEN_FILE", "/nowhere/token"],
  ["RINGBACK_INGEST_QUEUE_URL", ""],
  ["RINGBACK_INGEST_QUEUE_URL", "Ingest"],
  ["RINGBACK_INGEST_QUEUE_URL", "https://a b/123456789012/Ingest"],
  ["RINGBACK_INGEST_QUEUE_URL", `${good.RINGBACK_INGEST_QUEUE_URL}.fifo`],
  ["AMI_SECRET", "two\nlines"],
  ["AMI_USERNAME", "u".repeat(401)],
  ["RINGBACK_API_URL", "api.example.com"],
  ["RINGBACK_API_URL", "https://a b"],
  ["RINGBACK_AMI_EVENTS", "Hangup,,Cdr"],
  ["RINGBACK_AMI_EVENTS", "Out*"],
  ["RINGBACK_SPOOL_MAX_MB", "0"],
  ["RINGBACK_SEND_RATE", "fast"],
  ["RINGBACK_HEALTH_PORT", "-1"],
]

for (const [name, value] of wrong) {
  test(`names ${name} in one line when it is ${JSON.stringify(value)}`, () => {
    assert.throws(
      () => readSettings({ ...good, [name]: value }),
      (error) => {
        assert.ok(error instanceof SettingError)
        assert.match(error.message, new RegExp(`^${name} [^\\n]+$`))
        return true
      },
    )
  })
}

test("each required setting that is left out is named as missing", () => {
  for (const [name] of Object.entries(good)) {
    const { [name as keyof typeof good]: _, ...rest } = good
    assert.throws(() => readSettings(rest), { name: "SettingError", message: `${name} is missing` })
  }
})

test("takes any name that AMI gives an event, and a comma at the end", () => {
  const read = (text: string) => readSettings({ ...good, RINGBACK_AMI_EVENTS: text }).amiEvents
  assert.deepEqual(read("AOC-D, AOC-E,Hangup"), ["AOC-D", "AOC-E", "Hangup"])
  assert.deepEqual(read("Hangup,Cdr, "), ["Hangup", "Cdr"])
})

test("names a CA file that cannot be read", () => {
  assert.throws(
    () => readSettings({ ...good, AMI_TLS: "1", AMI_TLS_CA: "/nowhere/ca.pem" }),
    /^SettingError: AMI_TLS_CA names \/nowhere\/ca.pem, which cannot be read \(ENOENT\)$/,
  )
})

test("never shows a secret in what it says", () => {
  assert.throws(
    () => readSettings({ ...good, RINGBACK_SOURCE_TOKEN: "rbs_secret", AMI_PORT: "x" }),
    (error: Error) => !/rbs_secret|s3cret/.test(error.message),
  )
})

test("an option that is none is refused, not passed over", async () => {
  const { code, stderr } = await runProcess({ PATH: process.env["PATH"], ...good }, "--chek")
  assert.equal(code, 2)
  assert.match(stderr, /^ringback collector: --chek: the only option is --check; [^\n]+\n$/)
})

test("the process says in one line what is missing or wrong, and exits with 2", async (t) => {
  const { dir, remove } = makeSpoolDir()
  const taken = createServer().listen(0, "127.0.0.1")
  await once(taken, "listening")
  t.after(() => {
    taken.close()
    remove()
  })
  const { port } = taken.address() as AddressInfo
  writeFileSync(join(dir, "file"), "")
  const free = { ...good, RINGBACK_HEALTH_PORT: "0" }
  const cases: [environment: Record<string, string>, line: RegExp][] = [
    [
      {},
      /: AMI_HOST is missing; AMI_USERNAME is missing; AMI_SECRET is missing; RINGBACK_SOURCE_TOKEN is missing; RINGBACK_INGEST_QUEUE_URL is missing$/m,
    ],
    [
      { ...good, RINGBACK_HEALTH_PORT: String(port), RINGBACK_SPOOL_DIR: dir },
      /RINGBACK_HEALTH_PORT.*EADDRINUSE/,
    ],
    [{ ...free, RINGBACK_SPOOL_DIR: join(dir, "file") }, /RINGBACK_SPOOL_DIR.*EEXIST/],
    // Where Node's own recursive making never ends.
    ...["/proc/x", "/proc/x/y/z", "/dev/null/x"].map((never): [Record<string, string>, RegExp] => [
      { ...free, RINGBACK_SPOOL_DIR: never },
      /RINGBACK_SPOOL_DIR.*cannot be created \((ENOENT|ENOTDIR|EACCES|EPERM|EROFS)\)/,
    ]),
  ]
  await Promise.all(
    cases.map(async ([environment, line]) => {
      const { code, stdout, stderr } = await runProcess({
        PATH: process.env["PATH"],
        ...environment,
      })
      assert.deepEqual([code, stdout], [2, ""])
      assert.match(stderr, /^[^\n]+\n$/)
      assert.match(stderr, line)
    }),
  )
})
