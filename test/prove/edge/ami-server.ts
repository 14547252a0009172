import { md5Key } from "@ringback/ami/login"
import { AmiParser } from "@ringback/ami/parser"
import { type AmiMessage, header } from "@ringback/ami/message"
import { type Kind, kinds, type Pair } from "./records.ts"
import type { Connection, ServerEnd } from "./wire.ts"

export const credentials = { username: "ringback", secret: "s3cret" }
const CHALLENGE = "86639986"

/** What a session needs to know of its PBX. */
export type Surroundings = {
  /** AMI as Asterisk 13 speaks it, or as 22 does. */
  version: 13 | 22
  now: () => number
  startedAt: number
  isBooted: () => boolean
  isLoaded: () => boolean
  rows: (kind: Kind) => Pair[][]
  /** How many rows of this list go out before the PBX dies; undefined: all. */
  diesAfterRows: () => number | undefined
  die: () => void
  onLogin: (session: AmiServerSession) => void
  onEnd: (session: AmiServerSession) => void
}

/** One AMI session, at the PBX's end. */
export class AmiServerSession implements ServerEnd {
  isLoggedIn = false
  readonly connection: Connection
  readonly #pbx: Surroundings
  readonly #parser = new AmiParser()

  constructor(connection: Connection, pbx: Surroundings) {
    this.connection = connection
    this.#pbx = pbx
    connection.write(`Asterisk Call Manager/${pbx.version === 13 ? "2.10.6" : "11.0.0"}\r\n`)
  }

  onText(text: string): void {
    for (const action of this.#parser.push(Buffer.from(text))) this.#answer(action)
  }

  onClose(): void {
    this.#pbx.onEnd(this)
  }

  say(headers: readonly Pair[], tail = "\r\n"): void {
    this.connection.write(format(headers) + tail)
  }

  #answer(action: AmiMessage): void {
    const name = header(action, "Action") ?? ""
    const id: Pair[] = [["ActionID", header(action, "ActionID") ?? ""]]
    const respond = (word: string, ...rest: Pair[]) =>
      this.say([["Response", word], ...id, ...rest])
    if (name === "Challenge") return respond("Success", ["Challenge", CHALLENGE])
    if (name === "Login") return this.#logIn(action, respond)
    if (name === "Logoff") return this.#logOff(respond)
    if (name === "Ping") return respond("Success", ["Ping", "Pong"], ["Timestamp", this.#stamp()])
    if (name === "Command") return this.#tellUptime(id)
    const listed = kinds.find((kind) => name === `Out${kind}Show`)
    if (!this.#pbx.isLoaded() || (!listed && name !== "OutDialingSummary")) {
      const hint = "Use Action: ListCommands to show available commands."
      return respond("Error", ["Message", `Invalid/unknown command: ${name}. ${hint}`])
    }
    respond("Success", ["EventList", "start"], ["Message", "List will follow"])
    if (listed) return this.#list(listed, id)
    this.say([["Event", "OutDialingSummary"], ...id, ["Count", "0"]])
    this.say([
      ["Event", "OutSummaryListComplete"],
      ...id,
      ["EventList", "Complete"],
      ["ListItems", "1"],
    ])
  }

  #logIn(action: AmiMessage, respond: (word: string, ...rest: Pair[]) => void): void {
    if (header(action, "Key") !== md5Key(CHALLENGE, credentials.secret)) {
      respond("Error", ["Message", "Authentication failed"])
      return this.connection.closeByServer(false)
    }
    respond("Success", ["Message", "Authentication accepted"])
    this.isLoggedIn = true
    // This one goes another way than other events, and never bears a Timestamp.
    if (this.#pbx.isBooted())
      this.say([
        ["Event", "FullyBooted"],
        ["Privilege", "system,all"],
        ["Status", "Fully Booted"],
      ])
    this.#pbx.onLogin(this)
  }

  #logOff(respond: (word: string, ...rest: Pair[]) => void): void {
    respond("Goodbye", ["Message", "Thanks for all the fish."])
    this.connection.closeByServer(false)
    this.#pbx.onEnd(this)
  }

  #tellUptime(id: Pair[]): void {
    const seconds = Math.floor((this.#pbx.now() - this.#pbx.startedAt) / 1_000)
    const line = `System uptime: ${seconds}`
    if (this.#pbx.version === 13) {
      const head = format([["Response", "Follows"], ["Privilege", "Command"], ...id])
      return this.connection.write(`${head}${line}\n--END COMMAND--\r\n\r\n`)
    }
    this.say([
      ["Response", "Success"],
      ...id,
      ["Message", "Command output follows"],
      ["Output", line],
    ])
  }

  #list(kind: Kind, id: Pair[]): void {
    const rows = this.#pbx.rows(kind)
    const dies = this.#pbx.diesAfterRows()
    for (const row of rows.slice(0, dies)) this.say([["Event", `Out${kind}Entry`], ...id, ...row])
    if (dies !== undefined) return this.#pbx.die()
    const count: Pair = ["ListItems", String(rows.length)]
    this.say([["Event", `Out${kind}ListComplete`], ...id, ["EventList", "Complete"], count])
  }

  #stamp(): string {
    return (this.#pbx.now() / 1_000).toFixed(6)
  }
}

const format = (headers: readonly Pair[]) =>
  headers.map(([name, value]) => `${name}: ${value}\r\n`).join("")
