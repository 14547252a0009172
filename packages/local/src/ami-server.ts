import { createHash, randomInt } from "node:crypto"
import { once } from "node:events"
import { type AddressInfo, createServer, type Socket } from "node:net"

/**
 * The PBX's side of AMI: greets, checks logins, answers pings, and sends given events to all
 * sessions.
 */
export type AmiServer = {
  port: number
  /** Resolves at the first login. */
  begun: Promise<void>
  say: (text: string | Uint8Array) => void
  close: () => void
}

const BANNER = "Asterisk Call Manager/2.10.6\r\n"
const FULLY_BOOTED = "Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n"

export async function startAmiServer(account: Account): Promise<AmiServer> {
  const sessions = new Set<Socket>()
  const begun = Promise.withResolvers<void>()
  const server = createServer((socket) => {
    socket.setNoDelay(true).on("error", () => socket.destroy())
    socket.on("close", () => sessions.delete(socket))
    serve(socket, account, () => {
      sessions.add(socket)
      begun.resolve()
    })
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  return {
    port: (server.address() as AddressInfo).port,
    begun: begun.promise,
    say(text) {
      for (const session of sessions) session.write(text)
    },
    close() {
      for (const session of sessions) session.destroy()
      server.close()
    },
  }
}

export type Account = { username: string; secret: string }

/** As `timestampevents=yes` has it: seconds and microseconds. */
export function eventStamp(now = Date.now()): string {
  const micros = (now % 1000) * 1000 + randomInt(1000)
  return `${Math.floor(now / 1000)}.${String(micros).padStart(6, "0")}`
}

/**
 * Greets, reads actions and responds to them. Calls `onLogin` once the right account has logged in.
 */
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
      return say("Success", "Ping: Pong", `Timestamp: ${eventStamp()}`)
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
