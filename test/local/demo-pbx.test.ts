import { type DemoPbx, startDemoPbx } from "@ringback/local/demo-pbx"
import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { connect, type Socket } from "node:net"
import { after, before, test } from "node:test"
import { until } from "../harness/until.ts"

let pbx: DemoPbx
before(async () => void (pbx = await startDemoPbx()))
after(() => pbx.close())

/** A session that keeps what it reads. */
function open(): { socket: Socket; read: () => string } {
  let text = ""
  const socket = connect(pbx.port, "127.0.0.1")
  socket.on("data", (chunk) => (text += chunk.toString()))
  return { socket, read: () => text }
}

const write = (socket: Socket, ...lines: string[]) =>
  socket.write(lines.map((line) => `${line}\r\n`).join("") + "\r\n")

test("it greets without an empty line, and a plain login is followed by a campaign of calls", async () => {
  const { socket, read } = open()
  await until(() => read() === "Asterisk Call Manager/2.10.6\r\n")
  write(socket, "Action: Login", "ActionID: 7", "Username: demo", "Secret: demo", "Events: on")
  await until(() => read().includes("Event: OutDialingCreate"))
  assert.match(
    read(),
    /Response: Success\r\nActionID: 7\r\nMessage: Authentication accepted\r\n\r\n/,
  )
  assert.match(read(), /Event: FullyBooted\r\n/)
  const plan =
    /Event: OutPlanCreate\r\nPrivilege: message,all\r\nTimestamp: \d{10}\.\d{6}\r\nUuid: /
  assert.match(read(), plan)
  socket.destroy()
})

test("it takes an MD5 login, answers a ping, says goodbye", async () => {
  const { socket, read } = open()
  write(socket, "Action: Challenge", "AuthType: MD5")
  const challenge = await until(() => /Challenge: (\d+)/.exec(read())?.[1])
  const key = createHash("md5").update(`${challenge}demo`).digest("hex")
  write(socket, "Action: Login", "AuthType: MD5", "Username: demo", `Key: ${key}`)
  write(socket, "Action: Ping")
  write(socket, "Action: Logoff")
  await until(() => read().includes("Response: Goodbye"))
  assert.match(read(), /Authentication accepted/)
  assert.match(read(), /Ping: Pong/)
  socket.destroy()
})

test("a wrong secret is refused, and the session ends", async () => {
  const { socket, read } = open()
  const ended = new Promise((resolve) => socket.once("end", resolve))
  write(socket, "Action: Login", "Username: demo", "Secret: wrong")
  await ended
  assert.match(read(), /Response: Error\r\nMessage: Authentication failed/)
  assert.doesNotMatch(read(), /Event:/)
})
