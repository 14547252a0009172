import { type Action, writeAction } from "./action.ts"
import { backoffMs } from "./backoff.ts"
import type { AmiClientOptions } from "./client-options.ts"
import { type Clock, systemClock } from "./clock.ts"
import type { ListResult } from "./dialogue.ts"
import { AmiError, type AmiErrorCode } from "./errors.ts"
import type { AmiMessage } from "./message.ts"
import type { DroppedMessage } from "./parser.ts"
import { AmiSession, type AmiTarget } from "./session.ts"
import { type AmiState, INITIAL } from "./state.ts"
import { TUNING, type Tuning } from "./tuning.ts"

type Change = Partial<AmiState> & Pick<AmiState, "name">

/** Keeps a session with a PBX open: connects at once and reconnects until `close`. */
export class AmiClient {
  readonly #options: AmiClientOptions
  readonly #clock: Clock
  readonly #tuning: Tuning
  #target: AmiTarget
  #state: AmiState
  /** The session that is open or being opened. */
  #session: AmiSession | undefined
  /**
   * All sessions that have not ended: the current one, its replacement, and old ones being read to
   * their end.
   */
  readonly #living = new Set<AmiSession>()
  #cancelRetry = () => {}
  #failures = 0
  #isClosing = false
  readonly #alarmed = new Set<AmiErrorCode>()
  #onAllEnded: (() => void)[] = []

  /** Throws an AmiError `action_invalid` for a user name or secret that AMI cannot represent. */
  constructor(options: AmiClientOptions) {
    checkCredentials(options)
    this.#options = options
    this.#target = options
    this.#clock = options.clock ?? systemClock
    this.#tuning = { ...TUNING, ...options.tuning }
    this.#state = { ...INITIAL, at: this.#clock.now() }
    this.#attempt()
  }

  get state(): AmiState {
    const lastReadAt = this.#session?.lastReadAt ?? this.#state.lastReadAt
    return this.#state.name === "connected" ? { ...this.#state, lastReadAt } : this.#state
  }

  /**
   * Returns the response, Success or Error. Rejects with an AmiError if there is no session or it
   * ends.
   */
  async send(action: Action): Promise<AmiMessage> {
    return this.#openSession().send(action)
  }

  /**
   * Returns all rows of a Show action; they do not go to `onMessage`. Rejects as `send` does, or if
   * the list does not end.
   */
  async list(action: Action): Promise<ListResult> {
    return this.#openSession().list(action)
  }

  /**
   * Opens a new session before ending the old one, with new or the same settings, and briefly reads
   * both. If the new one fails, rejects with an AmiError and keeps the old one. Without a session
   * it applies the settings and connects at once.
   */
  async renew(target: AmiTarget = this.#target): Promise<void> {
    checkCredentials(target)
    if (this.#isClosing) throw new AmiError("closed", "this client was closed")
    if (this.#session?.isOpen) return this.#replace(target)
    this.#target = target
    const attempt = this.#session
    this.#attempt()
    attempt?.close()
  }

  /** Logs off and reads to the end of the stream. Messages that arrive until then are passed on. */
  async close(): Promise<void> {
    this.#cancelRetry()
    this.#isClosing = true
    const ended = new Promise<void>((resolve) => this.#onAllEnded.push(resolve))
    for (const session of this.#living) session.close()
    this.#checkAllEnded()
    return ended
  }

  #openSession(): AmiSession {
    if (this.#session?.isOpen) return this.#session
    if (this.#isClosing) throw new AmiError("closed", "this client was closed")
    throw new AmiError(this.#state.code ?? "lost", this.#state.reason ?? "no session is open yet")
  }

  #attempt(): void {
    this.#cancelRetry()
    const session: AmiSession = this.#open(this.#target, {
      onOpen: () => this.#adopt(session),
      onEnd: () => {},
    })
    this.#session = session
  }

  #replace(target: AmiTarget): Promise<void> {
    return new Promise((resolve, reject) => {
      const next: AmiSession = this.#open(target, {
        onOpen: () => {
          const old = this.#session
          this.#target = target
          this.#adopt(next)
          if (old?.isOpen) this.#retire(old, next)
          resolve()
        },
        // No effect once the session was open.
        onEnd: reject,
      })
    })
  }

  // The old session must still answer. If it was already dead, the time since then is a gap.
  #retire(old: AmiSession, next: AmiSession): void {
    const since = this.#clock.now()
    const onAnswer = () => this.#clock.schedule(this.#tuning.overlapMs, () => old.close())
    const onNone = (reason: AmiError) => {
      if (this.#session !== next || reason.code === "closed") return
      this.#change(this.#failureOf(old, reason))
      this.#change({ name: "connected", connectedSince: since, banner: next.banner })
    }
    old.send({ Action: "Ping" }).then(onAnswer, onNone)
  }

  #open(
    target: AmiTarget,
    own: { onOpen: () => void; onEnd: (reason: AmiError) => void },
  ): AmiSession {
    const listener = {
      onOpen: own.onOpen,
      onMessage: (message: AmiMessage, receivedAt: number) =>
        this.#tell(() => this.#options.onMessage(message, receivedAt)),
      onDropped: (dropped: DroppedMessage, at: number) =>
        this.#tell(() => this.#options.onDropped?.(dropped, at)),
      onStall: (since: number) => this.#tell(() => this.#options.onStall?.(since)),
      onEnd: (reason: AmiError) => {
        this.#living.delete(session)
        own.onEnd(reason)
        if (session === this.#session) this.#lose(session, reason)
        this.#checkAllEnded()
      },
    }
    const { maxMessageBytes, peerClock } = this.#options
    const setup = { clock: this.#clock, tuning: this.#tuning, peerClock, maxMessageBytes }
    const session: AmiSession = new AmiSession(target, listener, setup)
    this.#living.add(session)
    return session
  }

  // Throws the error later, so that the other messages of the same read are still handled.
  #tell(run: () => void): void {
    try {
      run()
    } catch (error) {
      queueMicrotask(() => {
        throw error
      })
    }
  }

  #adopt(session: AmiSession): void {
    if (this.#isClosing) return session.close()
    this.#cancelRetry()
    const before = this.#session
    this.#session = session
    // A session that replaces a living one leaves no gap, so the state does not change.
    if (before !== session && before?.isOpen) return
    if (before !== session) before?.close()
    this.#change({
      name: "connected",
      // The time of the login's answer, so that `lastReadAt` is never before the session's start.
      connectedSince: session.lastReadAt,
      banner: session.banner,
      lastReadAt: session.lastReadAt,
    })
  }

  #lose(session: AmiSession, reason: AmiError): void {
    this.#session = undefined
    if (this.#isClosing) {
      // This session was read to its end. The state changes when all sessions have ended.
      this.#state = { ...this.#state, lastReadAt: session.lastReadAt ?? this.#state.lastReadAt }
      return
    }
    const { name, connectedSince } = this.#state
    const now = this.#clock.now()
    const lastedMs = name === "connected" ? now - (connectedSince ?? now) : 0
    if (lastedMs >= this.#tuning.stableAfterMs) this.#failures = 0
    if (lastedMs >= this.#tuning.calmAfterMs) this.#alarmed.clear()
    const delayMs = backoffMs(this.#failures++, reason.code, this.#tuning, this.#clock.random)
    this.#cancelRetry = this.#clock.schedule(delayMs, () => this.#attempt())
    this.#change({
      ...this.#failureOf(session, reason),
      failures: this.#failures,
      retryAt: now + delayMs,
    })
  }

  #failureOf(session: AmiSession, reason: AmiError): Change {
    const isAlarm = !this.#alarmed.has(reason.code)
    this.#alarmed.add(reason.code)
    return {
      name: reason.code === "credentials_refused" ? "refused" : "waiting",
      reason: reason.message,
      code: reason.code,
      isAlarm,
      lastReadAt: session.lastReadAt ?? this.#state.lastReadAt,
      shutdown: session.shutdown,
    }
  }

  #change(change: Change): void {
    const { name, code, lastReadAt } = this.#state
    this.#state = { ...INITIAL, lastReadAt, at: this.#clock.now(), ...change }
    if (change.name !== name || this.#state.code !== code) {
      const state = this.#state
      this.#tell(() => this.#options.onState?.(state))
    }
  }

  #checkAllEnded(): void {
    if (this.#living.size > 0) return
    if (this.#isClosing && this.#state.name !== "closed")
      this.#change({ name: "closed", reason: "closed by us", code: "closed" })
    for (const resolve of this.#onAllEnded.splice(0)) resolve()
  }
}

function checkCredentials({ username, secret }: AmiTarget): void {
  writeAction({ Action: "Login", Username: username, Secret: secret }, "")
}
