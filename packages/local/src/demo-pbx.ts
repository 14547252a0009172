import { createHash, randomInt } from "node:crypto"
import { once } from "node:events"
import { readFile } from "node:fs/promises"
import { type AddressInfo, createServer, type Socket } from "node:net"
import { setTimeout as wait } from "node:timers/promises"
import { makePlay, type Pace } from "./recording.ts"

export type DemoPbx = {
  port: number
  username: string
  secret: string
  close: () => Promise<void>
}

const RECORDING = new URL("../demo/dialing.ami", import.meta.url)
const BANNER = "Asterisk Call Manager/2.10.6\r\n"
const FULLY_BOOTED = "Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n"

// The first play at once and briskly, the later ones so that a person can read along; then ever rarer, because the
// table keeps every event for thirty days.
const FIRST_PACE: Pace = { minGapMs: 100, maxGapMs: 1500 }
const LATER_PACE: Pace = { minGapMs: 600, maxGapMs: 3000 }
const FIRST_PAUSE_MS = 10_000
const LONGEST_PAUSE_MS = 15 * 60_000

/** A PBX that plays a campaign of five calls to whoever has logged in, again and again. */
export async function startDemoPbx({ username = "demo", secret = "demo" } = {}): Promise<DemoPbx> {
  const recording = await readFile(RECORDING, "utf8")
  const sessions = new Set<Socket>()
  const ended = new AbortController()
  let begin: () => void
  const begun = new Promise<void>((resolve) => (begin = resolve))

  const server = createServer((socket) => {
    socket.setNoDelay(true).on("error", () => socket.destroy())
    socket.on("close", () => sessions.delete(socket))
    serve(socket, { username, secret }, () => {
      sessions.add(socket)
      begin()
    })
  })
  await once(server.listen(0, "127.0.0.1"), "listening")

  async function playForEver() {
    await begun
    for (let pace = FIRST_PACE, pauseMs = FIRST_PAUSE_MS; ; pace = LATER_PACE) {
      const startedAt = Date.now()
      for (const { afterMs, text } of makePlay(recording, startedAt, pace)) {
        await wait(Math.max(0, startedAt + afterMs - Date.now()), undefined, {
          signal: ended.signal,
        })
        const said = text.replace("\r\nUuid:", `\r\nTimestamp: ${emissionStamp()}\r\nUuid:`)
        for (const session of sessions) session.write(said)
      }
      await wait(pauseMs, undefined, { signal: ended.signal })
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
    }
  }
  const playing = playForEver().catch((error: unknown) => {
    if (!ended.signal.aborted) throw error
  })

  return {
    port: (server.address() as AddressInfo).port,
    username,
    secret,
    async close() {
      ended.abort()
      begin()
      await playing
      for (const session of sessions) session.destroy()
      server.close()
    },
  }
}

// As `timestampevents=yes` has it: seconds and microseconds.
const emissionStamp = () =>
  `${Math.floor(Date.now() / 1000)}.${String((Date.now() % 1000) * 1000 + randomInt(1000)).padStart(6, "0")}`

type Account = { username: string; secret: string }

/** Greets, reads actions, answers them; `onLogin` once the right account has logged in. */
function serve(socket: Socket, account: Account, onLogin: () => void) {
  const challenge = String(randomInt(1e8, 1e9))
  let text = ""
  socket.write(BANNER)
  socket.on("data", (chunk) => {
    text += chunk.toString("utf8")
    for (let end; (end = text.indexOf("\r\n\r\n")) !== -1; text = text.slice(end + 4)) {
      answer(socket, readAction(text.slice(0, end)), { account, challenge, onLogin })
    }
  })
}

type Dialogue = { account: Account; challenge: string; onLogin: () => void }

function answer(socket: Socket, action: Map<string, string>, dialogue: Dialogue) {
  const id = action.get("actionid")
  const say = (response: string, ...lines: string[]) => {
    const headers = [`Response: ${response}`, ...(id ? [`ActionID: ${id}`] : []), ...lines]
    socket.write(headers.join("\r\n") + "\r\n\r\n")
  }
  switch (action.get("action")?.toLowerCase()) {
    case "challenge":
      return say("Success", `Challenge: ${dialogue.challenge}`)
    case "login":
      if (!isRight(action, dialogue)) {
        say("Error", "Message: Authentication failed")
        return socket.end()
      }
      say("Success", "Message: Authentication accepted")
      socket.write(FULLY_BOOTED)
      return dialogue.onLogin()
    case "ping":
      return say("Success", "Ping: Pong", `Timestamp: ${emissionStamp()}`)
    case "logoff":
      say("Goodbye", "Message: Thanks for all the fish.")
      return socket.end()
    default:
      return say("Error", "Message: Permission denied")
  }
}

function isRight(action: Map<string, string>, { account, challenge }: Dialogue) {
  const key = createHash("md5").update(challenge + account.secret)
  const proof = action.get("authtype")?.toLowerCase() === "md5"
  return (
    action.get("username") === account.username &&
    (proof ? action.get("key") === key.digest("hex") : action.get("secret") === account.secret)
  )
}

const readAction = (text: string) =>
  new Map(
    text.split("\r\n").map((line) => {
      const colon = line.indexOf(":")
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
