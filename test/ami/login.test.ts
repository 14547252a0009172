import assert from "node:assert/strict"
import type { Socket } from "node:net"
import { test } from "node:test"
import { AmiClient } from "@ringback/ami/client"
import { type AmiMessage, header } from "@ringback/ami/message"
import { isConnected, retry, startBoth, startSession } from "./client-harness.ts"
import { BANNER, type Reply } from "./pbx.ts"
import { readNaively, readRecordings } from "./recordings.ts"
import { until } from "../harness/until.ts"

test("logs in by MD5 challenge without showing the secret", async (t) => {
  const { pbx, client } = await startSession(t)
  assert.deepEqual(
    pbx.actions.map((action) => header(action, "Action")),
    ["Challenge", "Login"],
  )
  assert.ok(pbx.actions.every((action) => header(action, "Secret") === undefined))
  assert.ok(pbx.actions.every((action) => header(action, "AuthType") === "MD5"))
  assert.equal(header(pbx.actions[1]!, "Username"), "collector")
  assert.equal(header(pbx.actions[1]!, "Events"), "on")
  assert.equal(client.state.banner, BANNER.trimEnd())
})

test("logs in in plain words where asked to", async (t) => {
  const { pbx } = await startSession(t, {}, { auth: "plain" })
  assert.deepEqual(
    pbx.actions.map(({ headers }) => headers.filter(([name]) => name !== "ActionID")),
    [
      [
        ["Action", "Login"],
        ["Username", "collector"],
        ["Secret", "secret"],
        ["Events", "on"],
      ],
    ],
  )
})

test("hands over what comes in one piece with the login's answer, after saying connected", async (t) => {
  const order: string[] = []
  const afterLogin =
    "Event: FullyBooted\r\nPrivilege: system,all\r\n\r\nEvent: OutPlanCreate\r\nUuid: 1\r\n\r\n\r\n"
  await startBoth(
    t,
    { afterLogin },
    {
      onState: (state) => order.push(state.name),
      onMessage: (message) => order.push(message.name),
    },
  )
  await until(() => order.length === 3)
  assert.deepEqual(order, ["connected", "FullyBooted", "OutPlanCreate"])
})

test("does not wait for FullyBooted, which many accounts never see", async (t) => {
  const { seen } = await startSession(t)
  assert.deepEqual(seen.messages, [])
})

test("logs in to a PBX that sends every byte by itself", async (t) => {
  const { seen } = await startSession(t, {
    afterLogin: "Event: OutPlanCreate\r\nName: ü\r\n\r\n\r\n",
    isTrickling: true,
  })
  await until(() => seen.messages.length === 1)
  assert.equal(seen.messages[0] && header(seen.messages[0], "Name"), "ü")
})

test("refused credentials are said once, tried again every 30 to 40 s, and taken when they are right", async (t) => {
  const { pbx, client, clock, seen } = await startBoth(t, { secret: "another" })
  await until(() => client.state.name === "refused")
  for (let attempt = 2; attempt <= 4; attempt++) {
    const waitMs = (client.state.retryAt ?? 0) - clock.now()
    assert.ok(waitMs >= 30_000 && waitMs <= 40_000, `waits ${waitMs} ms`)
    clock.advance(29_999)
    assert.equal(client.state.failures, attempt - 1)
    clock.advance(10_001)
    await until(() => client.state.failures === attempt)
  }
  assert.deepEqual(
    seen.states.map(({ name, code, isAlarm }) => [name, code, isAlarm]),
    [["refused", "credentials_refused", true]],
  )
  assert.match(client.state.reason ?? "", /Authentication failed/)
  pbx.options.secret = "secret"
  retry(client, clock)
  await until(() => isConnected(client))
})

test("another no than to the credentials is told apart", async (t) => {
  const onAction: Parameters<typeof startBoth>[1] = {
    onAction(action, { respond }) {
      if (header(action, "Action") !== "Login") return false
      respond("Error", { Message: "Login Already In Use" })
      return true
    },
  }
  const { client } = await startBoth(t, onAction)
  await until(() => client.state.name === "waiting")
  assert.equal(client.state.code, "login_refused")
  assert.match(client.state.reason ?? "", /Login Already In Use/)
})

test("a no without words is told by its name, and one to the challenge with a hint", async (t) => {
  const refusing = (name: string, headers: Record<string, string>) => ({
    onAction(action: AmiMessage, { respond }: Reply) {
      if (header(action, "Action") !== name) return false
      respond(headers["Response"]!, headers["Message"] ? { Message: headers["Message"] } : {})
      return true
    },
  })
  const cases = [
    ["Login", { Response: "Error" }, /^the PBX refused the login: Error$/],
    ["Login", { Response: "" }, /^the PBX refused the login: no reason given$/],
    ["Login", { Response: "Success, almost", Message: "Not yet" }, /refused the login: Not yet$/],
    [
      "Challenge",
      { Response: "Error", Message: "Must specify AuthType" },
      /^the PBX gave no challenge: Must specify AuthType \(.*use plain authentication\)$/,
    ],
    ["Challenge", { Response: "Success" }, /^the PBX gave no challenge: Success/],
  ] as const
  for (const [action, headers, words] of cases) {
    const { client } = await startBoth(t, refusing(action, headers))
    await until(() => client.state.name === "waiting")
    assert.equal(client.state.code, "login_refused")
    assert.match(client.state.reason ?? "", words)
  }
})

test("a wrong secret is refused with a hint at what else it may be", async (t) => {
  const { client } = await startBoth(t, { secret: "another" })
  await until(() => client.state.name === "refused")
  assert.match(
    client.state.reason ?? "",
    /refused the login: .* \(wrong user or secret, or the user/,
  )
})

test("what comes before the answer to the login is no event of the session", async (t) => {
  const { seen } = await startSession(t, {
    onAction(action, { send }) {
      if (header(action, "Action") === "Login") send({ Event: "TooEarly" })
    },
    afterLogin: "Event: OutPlanCreate\r\nUuid: 1\r\n\r\n\r\n",
  })
  await until(() => seen.messages.length > 0)
  assert.deepEqual(
    seen.messages.map(({ name }) => name),
    ["OutPlanCreate"],
  )
})

test("a response that bears no ActionID is nobody's while it logs in, whatever it says", async (t) => {
  const stray = (socket: Socket, lines: string) => socket.write(`${lines}\r\n\r\n`)
  const { client, pbx } = await startSession(t, {
    onAction(action, { socket }) {
      if (header(action, "Action") === "Challenge") {
        stray(socket, "Response: Success\r\nChallenge: 1")
        stray(socket, "Response: Error\r\nMessage: Missing action in request")
      }
      if (header(action, "Action") === "Login")
        stray(socket, "Response: Error\r\nMessage: Authentication failed")
    },
  })
  assert.equal(client.state.name, "connected")
  assert.equal(pbx.actions.length, 2)
})

test("logs in with every answer to a login that was recorded", async (t) => {
  const recorded = readRecordings().flatMap(({ name, bytes }) => {
    const { banner, messages } = readNaively(bytes)
    const accepted = messages.findIndex((message) =>
      message.some(([, value]) => value === "Authentication accepted"),
    )
    return banner && accepted >= 0 ? [{ name, banner, login: messages.slice(0, accepted + 1) }] : []
  })
  assert.ok(recorded.length > 10)
  for (const { name, banner, login } of recorded) {
    const answers = login.filter(([first]) => first![0] === "Response")
    assert.ok(answers.every((message) => message.some(([header]) => header === "ActionID")))
    const isMd5 = answers.some((message) => message.some(([header]) => header === "Challenge"))
    const own = isMd5 ? {} : { auth: "plain" as const }
    const options = {
      banner: `${banner}\r\n`,
      onAction(action: AmiMessage, { socket }: Reply) {
        const message = answers.shift()
        if (!message) return false
        const id = header(action, "ActionID")!
        const lines = message.map(([header, value]) =>
          header === "ActionID" ? `ActionID: ${id}` : `${header}: ${value}`,
        )
        socket.write(`${lines.join("\r\n")}\r\n\r\n`)
        return true
      },
    }
    const { client } = await startSession(t, options, own)
    assert.equal(client.state.name, "connected", name)
  }
})

test("a user or secret that AMI cannot carry is refused at once", () => {
  const options = { host: "127.0.0.1", username: "u", secret: "a\r\nAction: x", onMessage() {} }
  assert.throws(() => new AmiClient(options), { code: "action_invalid" })
  assert.throws(() => new AmiClient({ ...options, secret: "x".repeat(2_000) }), {
    code: "action_invalid",
  })
})
