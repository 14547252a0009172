import { randomBytes } from "node:crypto"
import type net from "node:net"
import type { Action } from "./action.ts"
import type { Clock } from "./clock.ts"
import { Dialogue, type ListResult } from "./dialogue.ts"
import { AmiError } from "./errors.ts"
import { type Credentials, logIn } from "./login.ts"
import { type AmiMessage, header } from "./message.ts"
import { AmiParser, type DroppedMessage } from "./parser.ts"
import type { PeerClock } from "./peer-clock.ts"
import { type Address, explainSocketError, nameOf, openSocket, type Stage } from "./socket.ts"
import { StallWatch } from "./stall.ts"
import type { Tuning } from "./tuning.ts"

/** The address of a PBX and the login. */
export type AmiTarget = Address & Credentials

export type SessionListener = {
  /** Called after the login, before any event. */
  onOpen: () => void
  onMessage: (message: AmiMessage, receivedAt: number) => void
  onDropped: (dropped: DroppedMessage, at: number) => void
  /** Called if this process was suspended: until a new answer, what is read may be that old. */
  onStall: (since: number) => void
  /** Called once at the end, whether or not the session was opened. */
  onEnd: (reason: AmiError) => void
}

export type SessionSetup = {
  clock: Clock
  tuning: Tuning
  peerClock?: PeerClock | undefined
  maxMessageBytes?: number | undefined
}

// No greeting is longer. More bytes without a line end are not AMI.
const GREETING_BYTES = 4_096

/** One connection, from the first packet to the end of its stream. The socket is never paused. */
export class AmiSession {
  readonly #target: AmiTarget
  readonly #listener: SessionListener
  readonly #setup: SessionSetup
  readonly #dialogue: Dialogue
  readonly #parser: AmiParser
  readonly #socket: net.Socket | undefined
  #phase: "connecting" | "greeting" | "login" | "open" | "leaving" | "ended" = "connecting"
  #stage: Stage = "connecting"
  #cancelTimer = () => {}
  #reason: AmiError | undefined
  #bytesRead = 0
  #lastReadAt: number | null = null
  #shutdown: { restart: boolean } | null = null
  #stalls: StallWatch | undefined

  constructor(target: AmiTarget, listener: SessionListener, setup: SessionSetup) {
    this.#target = target
    this.#listener = listener
    this.#setup = setup
    this.#parser = new AmiParser({
      ...(setup.maxMessageBytes === undefined ? {} : { maxMessageBytes: setup.maxMessageBytes }),
      onDropped: (dropped) => listener.onDropped(dropped, setup.clock.now()),
    })
    this.#dialogue = new Dialogue({
      ...setup,
      idPrefix: `${randomBytes(9).toString("base64url")}-`,
      write: (text) => this.#socket?.write(text),
      onSilent: (action) => this.#onSilent(action),
    })
    this.#socket = this.#connect()
  }

  get isOpen(): boolean {
    return this.#phase === "open"
  }

  get banner(): string | null {
    return this.#parser.banner ?? null
  }

  /** Last time when the PBX was certainly read after the login; null before it. */
  get lastReadAt(): number | null {
    if (this.#lastReadAt === null || !this.#stalls) return this.#lastReadAt
    return this.#stalls.provenUntil(this.#lastReadAt)
  }

  /** The shutdown that the PBX announced, if any. */
  get shutdown(): { restart: boolean } | null {
    return this.#shutdown
  }

  send(action: Action): Promise<AmiMessage> {
    return new Promise((resolve, reject) => {
      this.#dialogue.ask(action, (error, response) =>
        response ? resolve(response) : reject(error),
      )
    })
  }

  list(action: Action): Promise<ListResult> {
    return new Promise((resolve, reject) => {
      this.#dialogue.askList(action, (error, result) => (result ? resolve(result) : reject(error)))
    })
  }

  /** Logs off and reads to the end of the stream, with a time limit. */
  close(): void {
    if (this.#phase === "ended" || this.#phase === "leaving") return
    const reason = new AmiError("closed", "closed by us")
    if (this.#phase !== "open") return this.#abort(reason)
    this.#phase = "leaving"
    this.#reason = reason
    this.#socket?.write("Action: Logoff\r\n\r\n")
    this.#startTimer(this.#setup.tuning.farewellMs, () => this.#abort(reason))
  }

  #connect(): net.Socket | undefined {
    const { connectDeadlineMs } = this.#setup.tuning
    try {
      const socket = openSocket(this.#target, (stage) => {
        this.#stage = stage
        if (stage === "ready") this.#onReady()
      })
      socket.on("data", (chunk: Buffer) => this.#onData(chunk))
      socket.on("error", (error) => {
        this.#reason ??= explainSocketError(error, this.#target, this.#stage)
      })
      socket.on("close", () => this.#onClose())
      this.#startTimer(connectDeadlineMs, () => this.#abort(this.#noConnection()))
      return socket
    } catch (error) {
      // Reported later, like a socket's own errors, when the caller has this session.
      this.#reason = explainSocketError(error as Error, this.#target, this.#stage)
      queueMicrotask(() => this.#onClose())
      return undefined
    }
  }

  #onReady(): void {
    this.#phase = "greeting"
    const { answerDeadlineMs } = this.#setup.tuning
    this.#startTimer(answerDeadlineMs, () => this.#abort(this.#silent("sent no greeting")))
  }

  #onData(chunk: Buffer): void {
    const receivedAt = this.#setup.clock.now()
    this.#stalls?.look()
    if (this.#phase === "open" || this.#phase === "leaving") this.#lastReadAt = receivedAt
    this.#bytesRead += chunk.length
    this.#dialogue.noteRead(chunk.length)
    this.#parser.read(chunk, (message) => this.#take(message, receivedAt))
    if (this.#phase === "greeting") this.#greet()
  }

  #greet(first?: AmiMessage): void {
    const banner = this.banner
    if (banner === null && !first && this.#bytesRead < GREETING_BYTES) return
    // Greetings differ between versions except for these two words. Without one, a first message is
    // also accepted.
    if (banner === null ? !first || first.kind === "other" : !/call manager/i.test(banner)) {
      const words = `the service on ${nameOf(this.#target)} is not AMI`
      const said = banner ?? first?.name ?? ""
      return this.#abort(new AmiError("not_ami", `${words}: ${JSON.stringify(said.slice(0, 80))}`))
    }
    this.#phase = "login"
    this.#cancelTimer()
    logIn(this.#dialogue.ask.bind(this.#dialogue), this.#target, (error) => {
      if (error) return this.#abort(error)
      this.#phase = "open"
      this.#lastReadAt = this.#setup.clock.now()
      this.#stalls = new StallWatch(this.#setup.clock, (since, done) => {
        this.#listener.onStall(since)
        this.#dialogue.ask({ Action: "Ping" }, (none) => none ?? done())
      })
      this.#listener.onOpen()
      this.#pingWhenIdle()
    })
  }

  #take(message: AmiMessage, receivedAt: number): void {
    if (this.#phase === "greeting") this.#greet(message)
    if (this.#phase === "ended" || this.#dialogue.accept(message)) return
    if (this.#phase !== "open" && this.#phase !== "leaving") return
    // Events may follow a Shutdown, so the stream is read to its end.
    if (message.kind === "event" && message.name === "Shutdown") {
      this.#shutdown = { restart: header(message, "Restart")?.toLowerCase() === "true" }
    }
    this.#listener.onMessage(message, receivedAt)
  }

  #pingWhenIdle(): void {
    if (this.#phase !== "open") return
    this.#startTimer(this.#setup.tuning.pingIntervalMs, () => {
      // The current action has its own deadline.
      if (!this.#dialogue.isIdle) return this.#pingWhenIdle()
      this.#dialogue.ask({ Action: "Ping" }, (error) => error ?? this.#pingWhenIdle())
    })
  }

  #onSilent(action: string): void {
    this.#abort(this.#silent(`gave no answer to ${action}`))
  }

  #silent(what: string): AmiError {
    const seconds = this.#setup.tuning.answerDeadlineMs / 1000
    const hint = this.#bytesRead > 0 || this.#target.tls ? "" : " (does this port want TLS?)"
    return new AmiError("silent", `${nameOf(this.#target)} ${what} within ${seconds} s${hint}`)
  }

  #noConnection(): AmiError {
    const where = nameOf(this.#target)
    const seconds = this.#setup.tuning.connectDeadlineMs / 1000
    return this.#stage === "handshake"
      ? new AmiError("tls_failed", `TLS with ${where} failed: no handshake within ${seconds} s`)
      : new AmiError("unreachable", `${where} cannot be reached: no answer within ${seconds} s`)
  }

  #abort(reason: AmiError): void {
    this.#reason ??= reason
    if (this.#socket) this.#socket.destroy()
    else this.#onClose()
  }

  #onClose(): void {
    if (this.#phase === "ended") return
    const wasOpen = this.#phase === "open"
    this.#phase = "ended"
    this.#cancelTimer()
    this.#stalls?.stop()
    this.#parser.end()
    const reason = this.#endReason(wasOpen)
    this.#dialogue.end(reason)
    this.#listener.onEnd(reason)
  }

  #endReason(wasOpen: boolean): AmiError {
    const where = nameOf(this.#target)
    if (this.#shutdown && this.#reason?.code !== "closed") {
      const words = this.#shutdown.restart ? "restarts" : "was shut down"
      return new AmiError("shutdown", `the PBX at ${where} ${words}`)
    }
    const when = wasOpen ? "" : " before the login was through"
    return this.#reason ?? new AmiError("lost", `${where} closed the connection${when}`)
  }

  #startTimer(delayMs: number, run: () => void): void {
    this.#cancelTimer()
    this.#cancelTimer = this.#setup.clock.schedule(delayMs, run)
  }
}
