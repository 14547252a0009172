import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"
import { type AmiMessage, header } from "@ringback/ami/message"
import { checkPbx } from "@ringback/collector/pbx-check"
import { type PbxOptions, type Reply, startPbx } from "../ami/pbx.ts"

const BOOTED = "Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n"

test("a PBX that is still starting is waited for: its FullyBooted shows the class system", async (t) => {
  const pbx = await startPbx({
    onAction(action, { respond, socket }) {
      if (header(action, "Action") !== "Ping") return false
      respond("Success", { Ping: "Pong" })
      const timer = setTimeout(() => socket.write(BOOTED), 150)
      socket.on("close", () => clearTimeout(timer))
    },
  })
  t.after(() => pbx.stop())
  const target = { host: "127.0.0.1", port: pbx.port, username: "collector", secret: "secret" }
  const findings = await checkPbx({ ...target, auth: "md5" })
  assert.equal(header(pbx.actions.at(-1)!, "Action"), "Logoff", "it has left")
  const said = findings.map(({ what }) => what.replace(/\(.*/, "").trim())
  assert.equal(said[0], "PBX: logged in")
  assert.deepEqual(
    said.filter((each) => each.includes("class system")),
    [],
  )
})

test("what the events show of their Timestamp counts before what the PBX's console says", async (t) => {
  for (const [stamp, words] of [
    ["Timestamp: 1.5\r\n", "events have a Timestamp"],
    ["", "events have no Timestamp"],
  ] as const) {
    const pbx = await startPbx({
      afterLogin: `${BOOTED}Event: OutPlanCreate\r\nPrivilege: message,all\r\n${stamp}Uuid: p\r\n\r\n`,
      onAction(action, { respond }) {
        if (header(action, "Action") === "Ping") respond("Success", { Ping: "Pong" })
        else if (header(action, "Command") === "manager show settings") {
          const setting = stamp ? "No" : "Yes"
          respond("Success", { Output: `  Timestamp events:       ${setting}` })
        } else return false
      },
    })
    t.after(() => pbx.stop())
    const target = { host: "127.0.0.1", port: pbx.port, username: "collector", secret: "secret" }
    const findings = await checkPbx({ ...target, auth: "md5" })
    assert.ok(
      findings.some(({ what }) => what.includes(words)),
      JSON.stringify(findings),
    )
  }
})

test("a certificate of an unknown CA is told apart from a weak one", async (t) => {
  const file = (name: string) =>
    readFileSync(new URL(`../fixtures/tls/ami-${name}`, import.meta.url), "utf8")
  const pbx = await startPbx({ tls: { key: file("pbx.key"), cert: file("localhost.pem") } })
  t.after(() => pbx.stop())
  const target = { host: "localhost", port: pbx.port, username: "collector", secret: "secret" }
  const [finding] = await checkPbx({ ...target, auth: "md5", tls: {} })
  assert.equal(finding!.is, "WRONG")
  assert.equal(
    finding!.fix,
    "AMI_TLS_CA names the CA of the PBX's certificate; AMI_HOST is a name in it",
  )
})

const answering = (headers: [string, string][]) => ({
  onAction: (_: AmiMessage, { respond }: Reply) => {
    const [[name, value], ...rest] = headers as [[string, string], ...[string, string][]]
    respond(value, Object.fromEntries(rest))
    return name === "Response"
  },
})

test("each way in which a login fails has its own fix", async (t) => {
  const cases: [PbxOptions, { auth: "md5" | "plain"; secret?: string }, RegExp, RegExp][] = [
    [{}, { auth: "md5", secret: "wrong" }, /Authentication failed/, /^AMI_USERNAME, AMI_SECRET/],
    [
      answering([["Response", "Error"]]),
      { auth: "md5" },
      /gave no challenge/,
      /^AMI_AUTH=plain if the PBX knows no MD5; one AMI user for each collector$/,
    ],
    [
      answering([
        ["Response", "Error"],
        ["Message", "Only one session per user"],
      ]),
      { auth: "plain" },
      /refused the login: Only one session/,
      /one AMI user for each collector/,
    ],
    [{ banner: "SSH-2.0-OpenSSH_9.2\r\n" }, { auth: "md5" }, /PBX: /, /^AMI_PORT: 5038, or 5039/],
  ]
  for (const [options, credentials, what, fix] of cases) {
    const pbx = await startPbx(options)
    t.after(() => pbx.stop())
    const target = { host: "127.0.0.1", port: pbx.port, username: "collector", secret: "secret" }
    const findings = await checkPbx({ ...target, ...credentials })
    assert.equal(findings.length, 1)
    assert.equal(findings[0]!.is, "WRONG")
    assert.match(findings[0]!.what, what)
    assert.match(findings[0]!.fix ?? "", fix)
  }
})

test("where nothing listens, the fix names the settings of the address", async () => {
  const pbx = await startPbx()
  await pbx.stop()
  const target = { host: "127.0.0.1", port: pbx.port, username: "collector", secret: "secret" }
  const [finding] = await checkPbx({ ...target, auth: "md5" })
  assert.equal(finding!.fix, "AMI_HOST and AMI_PORT")
})
