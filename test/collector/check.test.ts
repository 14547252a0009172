import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { after, before, test, type TestContext } from "node:test"
import { check } from "@ringback/collector/check"
import { readSettings } from "@ringback/collector/settings"
import { makeSqs } from "@ringback/collector/sqs"
import { header } from "@ringback/ami/message"
import type { Tuning } from "@ringback/ami/tuning"
import { startPbx, type PbxOptions } from "../ami/pbx.ts"
import { IngestQueue, makeSpoolDir, runCollector, runProcess } from "../harness/collector.ts"
import type { Pbx } from "../harness/pbx.ts"
import { until } from "../harness/until.ts"

let queue: IngestQueue
before(async () => void (queue = await IngestQueue.start()))
after(() => queue.close())

const pathOf = (name: string) => new URL(`../fixtures/tls/ami-${name}`, import.meta.url).pathname
const read = (name: string) => readFileSync(pathOf(name), "utf8")

type Account = {
  classes: string
  canCommand: boolean
  hasModule: boolean
  timestampEvents: "Yes" | "No"
  clockBehindSeconds: number
  /** Asterisk 13 prints a command's output after the headers, later versions as headers. */
  isOld: boolean
  /** It ends the connection at the first action after the login. */
  isEnding: boolean
}

const everything: Account = {
  classes: "system,message",
  canCommand: true,
  hasModule: true,
  timestampEvents: "Yes",
  clockBehindSeconds: 0,
  isOld: false,
  isEnding: false,
}

const UNKNOWN =
  "Invalid/unknown command: OutDialingSummary. Use Action: ListCommands to show available commands."

/** A PBX as a user of those rights and a setting sees it. */
function pbxOf(account: Account, options: PbxOptions = {}): PbxOptions {
  const isSystem = account.classes.includes("system")
  const booted = "Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n"
  return {
    ...options,
    afterLogin: isSystem ? booted : "",
    onAction(action, { respond, socket }) {
      const name = header(action, "Action")
      if (name === "Ping" && account.isEnding) socket.destroy()
      else if (name === "Ping") {
        const seconds = Date.now() / 1_000 - account.clockBehindSeconds
        respond("Success", { Ping: "Pong", Timestamp: seconds.toFixed(6) })
      } else if (name === "OutDialingSummary" && !account.hasModule) {
        respond("Error", { Message: UNKNOWN })
      } else if (!["OutDialingSummary", "Command"].includes(name ?? "") || !account.canCommand) {
        return false
      } else if (name === "OutDialingSummary") respond("Success")
      else {
        const lines = outputOf(header(action, "Command")!, account)
        const id = header(action, "ActionID")!
        const text = account.isOld
          ? `Response: Follows\r\nPrivilege: Command\r\nActionID: ${id}\r\n${lines.join("\n")}\n--END COMMAND--\r\n\r\n`
          : `Response: Success\r\nActionID: ${id}\r\n${lines.map((line) => `Output: ${line}\r\n`).join("")}\r\n`
        socket.write(text)
      }
      return true
    },
  }
}

function outputOf(command: string, { classes, timestampEvents }: Account): string[] {
  if (command === "manager show user collector") {
    const user = "       username: collector\n         secret: <Set>\n            ACL: yes"
    return [...user.split("\n"), `      read perm: ${classes}`, "     write perm: command"]
  }
  assert.equal(command, "manager show settings")
  return [
    "",
    "Global Settings:",
    `  Timestamp events:           ${timestampEvents}`,
    "  Channel vars:",
  ]
}

async function setUp(t: TestContext, account: Partial<Account>, options?: PbxOptions) {
  const pbx = await startPbx(pbxOf({ ...everything, ...account }, options))
  const { dir, remove } = makeSpoolDir()
  t.after(async () => {
    await pbx.stop()
    remove()
  })
  const environment = {
    PATH: process.env["PATH"],
    AMI_HOST: "localhost",
    AMI_PORT: String(pbx.port),
    AMI_USERNAME: "collector",
    AMI_SECRET: "secret",
    RINGBACK_SOURCE_TOKEN: queue.token.text,
    RINGBACK_INGEST_QUEUE_URL: queue.url,
    RINGBACK_SPOOL_DIR: dir,
  }
  const run = async (own: Record<string, string> = {}, tuning: Partial<Tuning> = {}) => {
    const settings = readSettings({ ...environment, ...own })
    const lines: string[] = []
    const sqs = makeSqs(settings.region, queue.url, {})
    const code = await check(settings, sqs, (line) => lines.push(line), tuning)
    return { code, said: lines.join("\n") }
  }
  return { environment, dir, pbx, run }
}

test("--check of a PBX with everything set exits with 0 and says not a word", async (t) => {
  const { environment } = await setUp(t, {})
  const { code, stdout, stderr } = await runProcess(environment, "--check")
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: "", stderr: "" })
})

test("--check of a PBX that takes the login and ends the connection says so", async (t) => {
  const { run } = await setUp(t, { isEnding: true })
  const { code, said } = await run()
  assert.equal(code, 1)
  assert.match(said, /^WRONG +PBX: .*\n +fix: try again: the PBX was restarted/m)
})

test("--check of a spool that can never be made says so, and ends", async (t) => {
  const { run } = await setUp(t, {})
  const { code, said } = await run({ RINGBACK_SPOOL_DIR: "/proc/x/y" })
  assert.equal(code, 1)
  assert.match(said, /^WRONG .*spool: \/proc\/x\/y: .*\n *fix: RINGBACK_SPOOL_DIR/m)
})

const shortcomings: [why: string, account: Partial<Account>, code: number, says: RegExp][] = [
  [
    "no class message",
    { classes: "system" },
    2,
    /^MISSING .*class message[^]*fix: read=message,system/m,
  ],
  [
    "no class message, in Asterisk 13",
    { classes: "system", isOld: true },
    2,
    /^MISSING .*class message/m,
  ],
  [
    "no class system",
    { classes: "message" },
    0,
    /^could be better .*class system[^]*fix: read=message,system/m,
  ],
  [
    "no classes told and no FullyBooted",
    { classes: "message", canCommand: false },
    0,
    /^could be better .*class system/m,
  ],
  ["no command right", { canCommand: false }, 0, /^could be better .*lists[^]*fix: write=command/m],
  [
    "no module",
    { hasModule: false },
    2,
    /^MISSING .*res_outbound is not loaded[^]*fix: module load/m,
  ],
  [
    "no module and no command right",
    { hasModule: false, canCommand: false },
    2,
    /^MISSING .*res_outbound/m,
  ],
  [
    "timestampevents=no",
    { timestampEvents: "No" },
    0,
    /^could be better .*Timestamp[^]*fix: timestampevents=yes/m,
  ],
  [
    "a clock that is 3 s behind",
    { clockBehindSeconds: 3 },
    0,
    /^could be better .*ours is 3\.\d s ahead of[^]*fix: NTP/m,
  ],
  [
    "a clock that is 3 s ahead",
    { clockBehindSeconds: -3 },
    0,
    /^could be better .*ours is [23]\.\d s behind/m,
  ],
]

for (const [why, account, code, says] of shortcomings) {
  test(`--check names ${why}, and nothing else`, async (t) => {
    const { run } = await setUp(t, account)
    const result = await run()
    assert.match(result.said, says)
    assert.equal(result.code, code)
    for (const line of result.said.trimEnd().split("\n"))
      assert.match(line, /^[a-zA-Z ]{15} \S|^ {16}fix: \S/)
    const others = result.said
      .split("\n")
      .filter((line) => /^[a-zA-Z]/.test(line) && !line.startsWith("ok"))
    const most = account.canCommand === false && Object.keys(account).length > 1 ? 2 : 1
    assert.ok(others.length <= most, others.join("\n"))
  })
}

test("--check names TLS on the wrong port, either way round", async (t) => {
  const plain = await setUp(t, {})
  const wanted = await plain.run({ AMI_TLS: "1", AMI_TLS_CA: pathOf("ca.pem") })
  assert.equal(wanted.code, 1)
  assert.match(
    wanted.said,
    /^WRONG .*does not speak TLS on this port.*\n +fix: set AMI_PORT.*5039/m,
  )
  assert.doesNotMatch(wanted.said, /AMI_TLS_CA/)

  const tls = { key: read("pbx.key"), cert: read("localhost.pem") }
  const secured = await setUp(t, {}, { tls })
  // It waits for a greeting as the PBX waits for a handshake.
  const unwanted = await secured.run({}, { answerDeadlineMs: 500 })
  assert.equal(unwanted.code, 1)
  assert.match(unwanted.said, /^WRONG .*does this port want TLS\?.*\n +fix: AMI_TLS=1/m)
})

test("--check names a weak certificate, and not the CA", async (t) => {
  const tls = { key: read("weak.key"), cert: read("weak.pem"), ciphers: "DEFAULT@SECLEVEL=0" }
  const { run } = await setUp(t, {}, { tls })
  const { code, said } = await run({ AMI_TLS: "1", AMI_TLS_CA: pathOf("ca.pem") })
  assert.equal(code, 1)
  assert.match(said, /^WRONG .*certificate key too weak.*\n +fix: a new certificate/m)
})

test("a collector says once that its user may not read the dialler's events", async (t) => {
  const { pbx, dir } = await setUp(t, { classes: "system" })
  const target = { host: "127.0.0.1", port: pbx.port, username: "collector", secret: "secret" }
  const collector = await runCollector({ target } as Pbx, queue, dir)
  t.after(() => collector.stop())
  const isNotPermitted = ({ event }: { event: string }) => event === "events.not-permitted"
  const line = await until(() => collector.lines.find(isNotPermitted))
  assert.equal(line.alarm, true)
  assert.match(String(line["fix"]), /read=message,system/)
  for (const socket of pbx.sockets) socket.destroy()
  await until(() => collector.status().sessions === 2)
  assert.equal(collector.lines.filter(isNotPermitted).length, 1)
})
