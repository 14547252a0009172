import { AmiClient } from "@ringback/ami/client"
import type { AmiTarget } from "@ringback/ami/session"
import type { AmiState } from "@ringback/ami/state"
import type { Tuning } from "@ringback/ami/tuning"
import type { SourceToken } from "@ringback/events/token"
import type { Sqs } from "./batch.ts"
import { Coverage } from "./coverage.ts"
import { makeEnvelope, makeMessageId } from "./envelope.ts"
import { sendHeartbeat } from "./heartbeat.ts"
import { Intake } from "./intake.ts"
import type { Log } from "./log.ts"
import { type GapReason, Losses } from "./losses.ts"
import { quarantine } from "./quarantine.ts"
import { receivedAtOf } from "./recovery.ts"
import { makeSelection } from "./selection.ts"
import { type Sender, startSender } from "./sender.ts"
import type { Status } from "./status.ts"
import type { Storage } from "./storage.ts"
import { version } from "./version.ts"

type RunOptions = {
  ami: AmiTarget
  token: SourceToken
  storage: Storage
  ingestQueueUrl: string
  sqs: Sqs
  spoolDir: string
  sendRate?: number
  amiEvents?: readonly string[]
  onBatch?: (durationMs: number) => void
  log: Log
  now: () => number
  tuning?: Partial<Tuning>
}

const TICK_MS = 1_000
const HEARTBEAT_MS = 30_000
const MINUTE_MS = 60_000
const DRAIN_MS = 10_000
const SEND_RATE = 2_000

/** One PBX, one source: session, spool and sender, and what holds them together. */
export class Run {
  #options: RunOptions
  #client: AmiClient | undefined
  #sender: Sender | undefined
  #losses = new Losses()
  #envelope
  #intake: Intake
  #coverage: Coverage
  #timers: NodeJS.Timeout[] = []
  #ready = Promise.withResolvers<void>()
  #counts = { sessions: 0, sent: 0, refused: 0 }
  #gaps: Record<string, number> = {}
  #queueTrouble: string | null = null
  #isStopped = false

  constructor(options: RunOptions) {
    const { token, storage } = options
    const { tenant, source } = token
    this.#options = options
    this.#envelope = makeEnvelope({ tenant, source, collector: storage.collector })
    const isWanted = makeSelection(options.amiEvents ?? [])
    this.#intake = new Intake(storage.spool, this.#envelope, this.#losses, isWanted)
    this.#coverage = new Coverage(readUntilOf(storage))
  }

  get ready(): Promise<void> {
    return this.#ready.promise
  }

  start(): void {
    const { ami, token, storage, sqs, tuning } = this.#options
    this.#reportDamages()
    this.#sender = startSender({
      spool: storage.spool,
      sqs,
      queueUrl: this.#options.ingestQueueUrl,
      source: token.source,
      signingKey: () => token,
      ratePerSecond: this.#options.sendRate ?? SEND_RATE,
      onSent: (count, durationMs) => {
        this.#counts.sent += count
        this.#options.onBatch?.(durationMs)
      },
      onOutage: (error) => this.#noteQueue(error),
      onRefused: (json, refusal) => this.#setAside(json, refusal),
    })
    this.#client = new AmiClient({
      ...ami,
      ...(tuning && { tuning }),
      onMessage: (message, receivedAt) => void this.#intake.take(message, receivedAt),
      onState: (state) => this.#noteSession(state),
      onDropped: ({ why, bytes, firstLine }, at) => {
        // What the end of a stream cut off belongs to the gap that begins there.
        if (why === "oversized") this.#losses.note("oversized", at)
        this.#options.log("message.dropped", { why, bytes, firstLine })
      },
    })
    this.#timers = [
      setInterval(() => this.#tick(), TICK_MS),
      setInterval(() => this.#beat(), HEARTBEAT_MS),
      setInterval(() => this.#options.log("collector.minute", this.status()), MINUTE_MS),
    ]
    this.#beat()
  }

  status(): Status {
    const { storage, token, now } = this.#options
    const { spool } = storage
    const state = this.#client?.state
    const oldest = spool.oldestReceivedAt
    return {
      source: token.source,
      collector: storage.collector,
      session: state?.name ?? "connecting",
      sessionReason: state?.reason ?? null,
      connectedSince: this.#coverage.connectedSince,
      lastReadAt: state?.lastReadAt ?? null,
      ...this.#counts,
      events: Object.fromEntries(this.#intake.counts),
      synthetic: this.#intake.syntheticCount,
      losses: this.#losses.counts(),
      gaps: this.#gaps,
      spoolDepth: spool.depth,
      spoolBytes: spool.bytes,
      spoolAgeSeconds: oldest === null ? 0 : Math.max(0, now() - oldest) / 1_000,
      diskTrouble: spool.diskTrouble?.message ?? storage.state.trouble ?? null,
      queueTrouble: this.#queueTrouble,
      lagSeconds: this.#intake.lagSeconds,
    }
  }

  async stop(): Promise<void> {
    const { storage, log } = this.#options
    if (this.#isStopped) return
    this.#isStopped = true
    for (const timer of this.#timers) clearInterval(timer)
    await this.#client?.close()
    this.#reportLosses(Infinity)
    await storage.spool.flush()
    this.#rememberReadUntil()
    this.#beat()
    await this.#sender?.stop(DRAIN_MS)
    log("collector.stopped", { spoolDepth: storage.spool.depth })
    await storage.close()
  }

  #noteSession(state: AmiState): void {
    const { name, reason, code, isAlarm, failures, banner, shutdown } = state
    this.#options.log(`session.${name}`, {
      alarm: isAlarm,
      reason,
      code,
      failures,
      banner,
      shutdown,
    })
    if (name === "connected") {
      this.#counts.sessions++
      const ended = this.#coverage.open(state.connectedSince ?? state.at)
      if (ended) this.#report(ended.reason, ended.from, ended.to)
      this.#ready.resolve()
    } else this.#coverage.lose(state.lastReadAt ?? state.at)
    this.#beat()
  }

  #noteQueue(error: Error | null): void {
    const { log, storage } = this.#options
    this.#queueTrouble = error && `${error.name}: ${error.message}`
    const spoolDepth = storage.spool.depth
    if (error) log("queue.away", { alarm: true, reason: this.#queueTrouble, spoolDepth })
    else log("queue.back", { spoolDepth })
  }

  #setAside(json: string, refusal: { code: string; message: string }): void {
    const { spoolDir, log, now } = this.#options
    const file = quarantine(spoolDir, json, refusal, now())
    this.#counts.refused++
    // A report that is refused is not reported by another one.
    if (!json.startsWith('{"v":1,"kind":"gap"')) this.#losses.note("refused", receivedAtOf(json))
    log("message.refused", { alarm: true, ...refusal, file })
  }

  #tick(): void {
    this.#reportLosses(this.#options.now())
    this.#rememberReadUntil()
  }

  #reportLosses(now: number): void {
    for (const { reason, from, to, count } of this.#losses.takeQuiet(now)) {
      this.#report(reason, from, to, { count })
    }
  }

  #reportDamages(): void {
    const { storage, now } = this.#options
    const { damages } = storage.spool
    if (damages.length === 0) return
    const until = readUntilOf(storage) ?? now()
    const from = Math.min(...damages.map((each) => each.from ?? each.to ?? until))
    const to = Math.max(...damages.map((each) => each.to ?? until))
    const bytes = damages.reduce((sum, each) => sum + each.bytes, 0)
    this.#report("spool-damaged", Math.min(from, to), to, { bytes, places: damages.length })
  }

  #report(reason: GapReason, from: number, to: number, fields: Record<string, unknown> = {}): void {
    const { storage, log, now } = this.#options
    const gap = { id: makeMessageId(), from, to, reason, inferred: {} }
    this.#gaps[reason] = (this.#gaps[reason] ?? 0) + 1
    storage.spool.append(this.#envelope.gap(gap, now()), true)
    const seconds = (to - from) / 1_000
    log("gap", { alarm: true, reason, from: iso(from), to: iso(to), seconds, ...fields })
  }

  #rememberReadUntil(): void {
    const { spool, remember } = this.#options.storage
    const lastReadAt = this.#client?.state.lastReadAt ?? null
    const until = this.#coverage.readUntil(lastReadAt, spool.oldestUnsavedAt)
    if (until === null) return
    remember("readUntil", String(Math.min(until, this.#losses.since ?? until)))
  }

  /** Best effort: what it says is soon said again. */
  #beat(): void {
    const { sqs, token, ingestQueueUrl, now } = this.#options
    const { spoolDepth, spoolAgeSeconds } = this.status()
    // Who reads but cannot keep covers nothing.
    const isLosing = this.#losses.isOpen("spool-full")
    const heartbeat = this.#envelope.heartbeat({
      receivedAt: now(),
      version,
      connectedSince: isLosing || this.#isStopped ? null : this.#coverage.connectedSince,
      spoolDepth,
      spoolAgeSeconds,
    })
    void sendHeartbeat(sqs, ingestQueueUrl, heartbeat, token)
  }
}

const iso = (ms: number) => new Date(ms).toISOString()

/** Up to when an earlier run of this collector had read its PBX; null where there was none. */
function readUntilOf({ state, spool }: Storage): number | null {
  const remembered = state.get("readUntil")
  if (remembered === undefined) return spool.lastReceivedAt
  return Math.max(Number(remembered), spool.lastReceivedAt ?? 0)
}
