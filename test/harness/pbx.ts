import { once } from "node:events"
import { type AddressInfo, createServer, type Server, type Socket } from "node:net"
import { createHash } from "node:crypto"

export type Pair = [name: string, value: string]
export type ListedKind = "Campaign" | "Plan" | "Dlma" | "Destination" | "Dialing"

export type PbxOptions = {
  /** `write=command`: whether the Show actions are allowed. */
  canList?: boolean
  /** Whether the dialler's module is loaded; default yes. Without it the Show actions are unknown. */
  hasModule?: boolean
  /** `timestampevents=yes`. */
  hasTimestamps?: boolean
  /** Tells its time in answers to pings: this much behind ours. */
  behindMs?: number
  /** Answers nothing that is written to it, from the start. */
  isMute?: boolean
  /** With what it greets, instead of as Asterisk does. */
  banner?: string
}

const USERNAME = "ringback"
const BANNER = "Asterisk Call Manager/2.10.6\r\n"

/** A PBX on loopback: logins, events to every session, records and their lists, and all that can go wrong. */
export class Pbx {
  options: PbxOptions
  secret = "s3cret"
  /** Every event that was emitted, whether or not anybody listened. */
  readonly history: Pair[][] = []
  readonly records = new Map<ListedKind, Map<string, Pair[]>>()
  /** What OutDlListShow lists; null: it is refused. */
  rows: Pair[][] | null = null
  readonly actions: string[] = []
  logins = 0
  startedAt = Date.now()
  /** Refuses every login while true. */
  isRefusing = false
  #server: Server | undefined
  #port = 0
  #sockets = new Set<Socket>()
  #sessions = new Set<Socket>()
  #clock = 0

  static async start(options: PbxOptions = {}): Promise<Pbx> {
    const pbx = new Pbx(options)
    await pbx.listen()
    return pbx
  }

  private constructor(options: PbxOptions) {
    this.options = options
  }

  get target() {
    return { host: "127.0.0.1", port: this.#port, username: USERNAME, secret: this.secret }
  }

  get sessionCount(): number {
    return this.#sessions.size
  }

  async listen(): Promise<void> {
    const server = createServer((socket) => this.#serve(socket))
    this.#server = server
    await once(server.listen(this.#port, "127.0.0.1"), "listening")
    this.#port = (server.address() as AddressInfo).port
  }

  /** Ends every connection at once; new ones are taken. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
    this.#sessions.clear()
  }

  /** Ends every connection in good order: what was said before is read. */
  hangUp(): void {
    for (const socket of this.#sockets) socket.end()
    this.#sessions.clear()
  }

  /** Refuses connections from now on. */
  async down(): Promise<void> {
    const closed = once(this.#server!, "close")
    this.#server!.close()
    this.cut()
    await closed
  }

  get isListening(): boolean {
    return this.#server?.listening ?? false
  }

  async close(): Promise<void> {
    if (this.isListening) await this.down()
  }

  /** Dies and comes back: dialings lived in its memory. */
  async restart(): Promise<void> {
    if (this.isListening) await this.down()
    this.records.delete("Dialing")
    this.startedAt = Date.now()
    await this.listen()
  }

  /** These very bytes to every session. */
  say(bytes: string | Uint8Array): void {
    for (const session of this.#sessions) session.write(bytes)
  }

  emit(name: string, headers: readonly Pair[]): void {
    const event: Pair[] = [
      ["Event", name],
      ["Privilege", "message,all"],
    ]
    if (this.options.hasTimestamps)
      event.push(["Timestamp", `${1_795_000_000 + this.#clock}.${this.#micros()}`])
    event.push(...headers)
    this.history.push(event)
    // The module ends its events with one more empty line than needed.
    this.say(`${event.map(([key, value]) => `${key}: ${value}\r\n`).join("")}\r\n\r\n`)
  }

  create(kind: ListedKind, uuid: string, fields: readonly Pair[] = []): void {
    const record: Pair[] = [["Uuid", uuid], ...fields, ["TmCreate", this.#stamp()]]
    record.push(["TmDelete", "<unknown>"], ["TmUpdate", "<unknown>"])
    this.#of(kind).set(uuid, record)
    this.emit(`Out${kind}Create`, record)
  }

  update(kind: ListedKind, uuid: string, fields: readonly Pair[]): void {
    const changes = new Map<string, string>([...fields, ["TmUpdate", this.#stamp()]])
    const record = this.#of(kind)
      .get(uuid)!
      .map(([name, value]): Pair => [name, changes.get(name) ?? value])
    this.#of(kind).set(uuid, record)
    this.emit(`Out${kind}Update`, record)
  }

  remove(kind: ListedKind, uuid: string): void {
    const record = this.#of(kind).get(uuid)!
    this.#of(kind).delete(uuid)
    const stamp = kind === "Dialing" ? "<unknown>" : this.#stamp()
    const whole = record.map(([name, value]): Pair => [name, name === "TmDelete" ? stamp : value])
    this.emit(`Out${kind}Delete`, kind === "Dlma" ? [["Uuid", uuid]] : whole)
  }

  #of(kind: ListedKind): Map<string, Pair[]> {
    const records = this.records.get(kind) ?? new Map<string, Pair[]>()
    this.records.set(kind, records)
    return records
  }

  #timestamp(): string {
    const { behindMs } = this.options
    if (behindMs === undefined) return ""
    return `Timestamp: ${((Date.now() - behindMs) / 1_000).toFixed(6)}\r\n`
  }

  #micros = () => String(++this.#clock % 1_000_000).padStart(6, "0")

  // As the module prints it: nanoseconds without leading zeros.
  #stamp = () => `2026-11-22T10:00:00.${++this.#clock}Z`

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    socket.setNoDelay(true).on("error", () => {})
    socket.on("close", () => {
      this.#sockets.delete(socket)
      this.#sessions.delete(socket)
    })
    if (this.options.isMute) return
    socket.write(this.options.banner ?? BANNER)
    let text = ""
    socket.on("data", (chunk) => {
      text += chunk.toString("utf8")
      for (let end; (end = text.indexOf("\r\n\r\n")) >= 0; text = text.slice(end + 4)) {
        const lines = text.slice(0, end).split("\r\n")
        this.#answer(socket, new Map(lines.map((line) => line.split(/: */, 2) as Pair)))
      }
    })
  }

  #answer(socket: Socket, action: Map<string, string>): void {
    if (this.options.isMute) return
    const name = action.get("Action") ?? ""
    this.actions.push(name)
    const id = `ActionID: ${action.get("ActionID") ?? ""}\r\n`
    const respond = (word: string, rest: string) =>
      socket.write(`Response: ${word}\r\n${id}${rest}\r\n`)
    const kind = /^Out(Campaign|Plan|Dlma|Destination|Dialing)Show$/.exec(name)?.[1] as ListedKind
    if (name === "Challenge") respond("Success", "Challenge: 86639986\r\n")
    else if (name === "Ping") respond("Success", `Ping: Pong\r\n${this.#timestamp()}`)
    else if (name === "Logoff") {
      respond("Goodbye", "Message: Thanks for all the fish.\r\n")
      socket.end()
    } else if (name === "Login") {
      const key = createHash("md5").update(`86639986${this.secret}`).digest("hex")
      const isRight = action.get("Key") === key || action.get("Secret") === this.secret
      this.logins++
      if (this.isRefusing || !isRight || action.get("Username") !== USERNAME) {
        respond("Error", "Message: Authentication failed\r\n")
        socket.end()
        return
      }
      respond("Success", "Message: Authentication accepted\r\n")
      socket.write("Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n")
      this.#sessions.add(socket)
    } else if (name === "OutDlListShow" && this.rows) {
      respond("Success", "EventList: start\r\n")
      for (const row of this.rows) {
        const pairs = row.map(([key, value]) => `${key}: ${value}\r\n`).join("")
        socket.write(`Event: OutDlListEntry\r\n${id}${pairs}\r\n`)
      }
      const count = this.rows.length
      socket.write(
        `Event: OutDlListComplete\r\n${id}EventList: Complete\r\nListItems: ${count}\r\n\r\n`,
      )
    } else if (kind && this.options.hasModule === false) {
      respond("Error", "Message: Invalid/unknown command\r\n")
    } else if (kind && this.options.canList) {
      respond("Success", "EventList: start\r\n")
      const rows = [...this.#of(kind).values()]
      for (const row of rows) {
        const pairs = row.map(([key, value]) => `${key}: ${value}\r\n`).join("")
        socket.write(`Event: Out${kind}Entry\r\n${id}${pairs}\r\n`)
      }
      socket.write(
        `Event: Out${kind}ListComplete\r\n${id}EventList: Complete\r\nListItems: ${rows.length}\r\n\r\n`,
      )
    } else if (name === "Command" && this.options.canList) {
      const seconds = Math.floor((Date.now() - this.startedAt) / 1_000)
      respond("Success", `Message: Command output follows\r\nOutput: System uptime: ${seconds}\r\n`)
    } else respond("Error", "Message: Permission denied\r\n")
  }
}
