import type net from "node:net"
import type { Chance } from "../chance.ts"
import { AmiServerSession } from "./ami-server.ts"
import type { Host } from "./globals.ts"
import { type Action, type Kind, type Pair, Records } from "./records.ts"
import { Sessions } from "./sessions.ts"
import { SimProcess, type Simulation } from "./simulation.ts"
import { Connection, refusedSocket } from "./wire.ts"

export type PbxSettings = { version: 13 | 22; hasTimestamps: boolean }

/** An event as it was said, whether or not anybody listened. */
export type Emitted = { at: number; kind: Kind; action: Action; uuid: string; headers: Pair[] }

const AMI_OPENS_MS = 400

/** A PBX that knows every event, every record, and who listened when. */
export class Pbx {
  readonly settings: PbxSettings
  readonly records: Records
  readonly history: Emitted[] = []
  /** Dialings that ended without a word. */
  readonly died = new Set<string>()
  /** Told of whatever changes who hears the PBX. */
  onChange = () => {}
  /** After so many rows of the next list the PBX dies. */
  diesAfterRows: number | undefined
  onDeath = () => {}
  readonly #simulation: Simulation
  readonly #chance: Chance
  #process: SimProcess | undefined
  #isListening = false
  #isLoaded = false
  #isBooted = false
  #startedAt = 0
  readonly #sessions = new Sessions()
  #count = 0

  readonly #log: (who: string, event: string, fields?: object) => void

  constructor(
    simulation: Simulation,
    chance: Chance,
    settings: PbxSettings,
    log: (who: string, event: string, fields?: object) => void,
  ) {
    this.#log = log
    this.#simulation = simulation
    this.#chance = chance
    this.settings = settings
    this.records = new Records(() => simulation.now)
  }

  get isUp(): boolean {
    return this.#process !== undefined
  }

  get isLoaded(): boolean {
    return this.#isLoaded
  }

  get isFrozen(): boolean {
    return this.#process?.isFrozen ?? false
  }

  /** Whether this process hears what the PBX says. */
  isHeardBy(host: Host): boolean {
    if (!this.isUp || this.isFrozen) return false
    return this.#sessions.isLoggedIn(host)
  }

  /** The module comes so long after AMI. */
  start(moduleMs: number): void {
    if (this.#process) return
    const process = new SimProcess(this.#simulation, 0)
    this.#process = process
    this.#startedAt = this.#simulation.now
    process.schedule(AMI_OPENS_MS, () => (this.#isListening = true), "io")
    process.schedule(AMI_OPENS_MS + moduleMs, () => this.#boot(), "io")
  }

  kill(isReset: boolean): void {
    if (!this.#process) return
    this.#process.kill()
    this.#process = undefined
    this.#isListening = this.#isLoaded = this.#isBooted = false
    this.#sessions.closeAll(isReset)
    this.#forgetDialings()
    this.onChange()
  }

  /** Says so first. */
  shutDown(restart: boolean): void {
    const words = restart ? "True" : "False"
    this.#say("Shutdown", "system,all", [
      ["Shutdown", "Cleanly"],
      ["Restart", words],
    ])
    this.kill(false)
  }

  freeze(): void {
    this.#process?.freeze()
    this.onChange()
  }

  thaw(): void {
    this.#process?.thaw("io")
    this.onChange()
  }

  unload(): void {
    if (!this.#isLoaded) return
    this.#isLoaded = false
    this.#forgetDialings()
    this.#sayModule("Unload")
  }

  load(): void {
    if (!this.#isBooted || this.#isLoaded) return
    this.#isLoaded = true
    this.#sayModule("Load")
  }

  /** Breaks all that this host has open. */
  cut(host: Host): void {
    this.#sessions.cut(host)
  }

  /** The process at the other end is gone. */
  leave(host: Host): void {
    this.#sessions.leave(host)
    this.onChange()
  }

  /** False: there is nobody to say it. */
  say(change: () => Omit<Emitted, "at">): boolean {
    if (!this.#isLoaded || this.isFrozen) return false
    const said = change()
    const headers = this.#say(
      `Out${said.kind}${said.action}`,
      "message,all",
      said.headers,
      "\r\n\r\n",
    )
    this.history.push({ at: this.#simulation.now, ...said, headers })
    return true
  }

  /** A connection from that host. */
  connect(host: Host): net.Socket {
    const latencyMs = this.#chance.between(1, 25, "latency", ++this.#count)
    const process = this.#process
    if (!process || !this.#isListening) return refusedSocket(host, latencyMs)
    const accept = (connection: Connection) => this.#accept(connection, host)
    const connection = new Connection(this.#simulation, host, { process, accept }, latencyMs)
    this.#sessions.connected(connection, host)
    return connection.client as unknown as net.Socket
  }

  #accept(connection: Connection, host: Host): AmiServerSession {
    const session = new AmiServerSession(connection, {
      version: this.settings.version,
      now: () => this.#simulation.now,
      startedAt: this.#startedAt,
      isBooted: () => this.#isBooted,
      isLoaded: () => this.#isLoaded,
      rows: (kind) => [...this.records.of(kind).values()],
      diesAfterRows: () => this.diesAfterRows,
      die: () => this.onDeath(),
      onLogin: () => this.onChange(),
      onEnd: (ended) => {
        this.#sessions.ended(ended)
        this.onChange()
      },
    })
    this.#sessions.opened(session, host)
    return session
  }

  #boot(): void {
    this.#isLoaded = this.#isBooted = true
    this.#say("FullyBooted", "system,all", [["Status", "Fully Booted"]])
  }

  #sayModule(name: string): void {
    if (this.settings.version === 13) return
    this.#say(name, "system,all", [
      ["Module", "res_outbound.so"],
      ["Status", "Success"],
    ])
  }

  #forgetDialings(): void {
    for (const uuid of this.records.of("Dialing").keys()) this.died.add(uuid)
    this.records.forgetDialings()
  }

  #say(name: string, privilege: string, headers: readonly Pair[], tail?: string): Pair[] {
    const event: Pair[] = [
      ["Event", name],
      ["Privilege", privilege],
    ]
    if (this.settings.hasTimestamps) event.push(["Timestamp", this.#stamp()])
    event.push(...headers)
    const uuid = headers.find(([header]) => header === "Uuid")?.[1]
    const listeners = this.#sessions.loggedIn
    this.#log("PBX", name, { uuid, listeners: listeners.length })
    for (const session of listeners) session.say(event, tail)
    return event
  }

  // No two alike, as no two emissions are.
  #stamp(): string {
    const micros = String(++this.#count % 1_000).padStart(3, "0")
    return `${(this.#simulation.now / 1_000).toFixed(3)}${micros}`
  }
}
