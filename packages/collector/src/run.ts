import type { Action } from "@ringback/ami/action"
import { AmiClient } from "@ringback/ami/client"
import type { Clock } from "@ringback/ami/clock"
import { type AmiMessage, header } from "@ringback/ami/message"
import type { AmiTarget } from "@ringback/ami/session"
import type { AmiState } from "@ringback/ami/state"
import type { Tuning } from "@ringback/ami/tuning"
import type { SourceToken } from "@ringback/events/token"
import type { Refusal, Sqs } from "./batch.ts"
import { Coverage } from "./gaps/coverage.ts"
import { type Envelope, makeEnvelope } from "./envelope.ts"
import { GapLists } from "./gaps/gap-lists.ts"
import { GapReports } from "./gaps/gap-reports.ts"
import { Gaps } from "./gaps/gaps.ts"
import { refusalOf } from "./gaps/list-refusal.ts"
import { UnfilledGaps } from "./gaps/unfilled.ts"
import { sendHeartbeat } from "./heartbeat.ts"
import { Intake } from "./intake.ts"
import { isReport, jsonOf, type Line, receivedAtOf } from "./spool/line.ts"
import type { Log } from "./log.ts"
import { Losses } from "./gaps/losses.ts"
import { OpenGaps } from "./gaps/open-gaps.ts"
import { PbxClock } from "./pbx-clock.ts"
import { askReadClasses, mayRead, UNREAD } from "./pbx-console.ts"
import { quarantine } from "./quarantine.ts"
import { Selection } from "./selection.ts"
import { type Sender, startSender } from "./sender.ts"
import type { Status } from "./status.ts"
import type { Storage } from "./spool/storage.ts"
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
  confirmMs?: number
  log: Log
  clock: Clock
  heartbeatMs?: number
  tuning?: Partial<Tuning>
}

const DIALLER_MODULE = "res_outbound.so"
const TICK_MS = 1_000
const HEARTBEAT_MS = 30_000
const MINUTE_MS = 60_000
const SETTLED_MS = 3_000
const DRAIN_MS = 10_000
const SEND_RATE = 2_000
const CONFIRM_MS = 3_000

/** One PBX, one source: session, spool and sender, and what holds them together. */
export class Run {
  #options: RunOptions
  #client: AmiClient | undefined
  #sender: Sender | undefined
  #key: SourceToken
  #losses: Losses
  #openGaps: OpenGaps
  #envelope: Envelope
  #intake: Intake
  #selection: Selection
  #gaps: Gaps
  #coverage: Coverage
  #pbxClock: PbxClock
  #hasRestarted = false
  #isUntimed = false
  #user: string
  #askedUser: string | undefined
  #timers: NodeJS.Timeout[] = []
  #ready = Promise.withResolvers<void>()
  #counts = { sessions: 0, sent: 0, refused: 0 }
  #queueTrouble: string | null = null
  #isStopped = false

  constructor(options: RunOptions) {
    const { token, storage, log, clock } = options
    const { spool, collector, state, attempt, known } = storage
    const { tenant, source } = token
    this.#options = options
    this.#user = options.ami.username
    this.#key = token
    const knownSkew = state.get("skewMs")
    const pbxClock = new PbxClock(log, knownSkew === undefined ? undefined : Number(knownSkew))
    this.#pbxClock = pbxClock
    this.#envelope = makeEnvelope({ tenant, source, collector }, () => pbxClock.skewMs)
    const openGaps = new OpenGaps(state, attempt)
    this.#openGaps = openGaps
    this.#losses = new Losses((loss) => openGaps.keep({ ...loss, to: null }))
    const parts = { spool, envelope: this.#envelope, losses: this.#losses, known }
    this.#selection = new Selection(options.amiEvents ?? [])
    this.#intake = new Intake({ ...parts, selection: this.#selection })
    const lists = new GapLists({
      ...parts,
      intake: this.#intake,
      unfilled: new UnfilledGaps(state, attempt, openGaps.left),
      confirmMs: options.confirmMs ?? CONFIRM_MS,
      list: (action) => this.#list(action),
      send: (action) => this.#client!.send(action),
      log,
      now: clock.now,
    })
    const reports = new GapReports({ ...parts, openGaps, log, now: clock.now })
    this.#gaps = new Gaps({ ...parts, openGaps, lists, reports, log })
    // What an earlier run lost in that while and did not live to report is not in it.
    const readSince = openGaps.left.length > 0 ? undefined : state.get("readSince")
    this.#coverage = new Coverage(readUntilOf(storage), readSince ? Number(readSince) : undefined)
  }

  get ready(): Promise<void> {
    return this.#ready.promise
  }

  start(): void {
    const { ami, token, storage, sqs, tuning, log, clock } = this.#options
    const readUntil = readUntilOf(storage) ?? clock.now()
    this.#gaps.reportDamages(readUntil)
    this.#gaps.reportLeft(readUntil)
    this.#sender = startSender({
      spool: storage.spool,
      sqs,
      queueUrl: this.#options.ingestQueueUrl,
      source: token.source,
      signingKey: () => this.#key,
      ratePerSecond: this.#options.sendRate ?? SEND_RATE,
      onSent: (count, durationMs) => {
        this.#counts.sent += count
        this.#options.onBatch?.(durationMs)
      },
      onOutage: (error) => this.#noteQueue(error),
      onRefused: (message, refusal) => this.#setAside(message, refusal),
    })
    this.#client = new AmiClient({
      ...ami,
      ...(tuning && { tuning }),
      clock,
      peerClock: this.#pbxClock.peer,
      onMessage: (message, receivedAt) => this.#take(message, receivedAt),
      onState: (state) => this.#noteSession(state),
      onDropped: ({ why, bytes, firstLine }, at) => {
        // What the end of a stream cut off belongs to the gap that begins there.
        if (why === "oversized") this.#losses.note("oversized", at)
        log("message.dropped", { why, bytes, firstLine })
      },
    })
    this.#timers = [
      setInterval(() => this.#tick(), TICK_MS),
      setInterval(() => this.#beat(), this.#options.heartbeatMs ?? HEARTBEAT_MS),
      setInterval(() => log("collector.minute", this.status()), MINUTE_MS),
    ]
    this.#beat()
  }

  /** New settings, make before break: no event is missed between the sessions. Rejects where the PBX refuses them. */
  async reload(ami: AmiTarget, token: SourceToken): Promise<void> {
    this.#key = token
    await this.#client?.renew(ami)
    this.#user = ami.username
  }

  status(): Status {
    const { storage, token, clock } = this.#options
    const { spool } = storage
    const state = this.#client?.state
    const oldest = spool.oldestReceivedAt
    const { skewMs } = this.#pbxClock
    return {
      source: token.source,
      collector: storage.collector,
      session: state?.name ?? "connecting",
      sessionReason: state?.reason ?? null,
      connectedSince: this.#coverage.connectedSince,
      lastReadAt: state?.lastReadAt ?? null,
      ...this.#counts,
      events: this.#selection.counts(),
      synthetic: this.#intake.syntheticCount,
      losses: this.#losses.counts(),
      gaps: this.#gaps.counts,
      spoolDepth: spool.depth,
      spoolBytes: spool.bytes,
      spoolAgeSeconds: oldest === null ? 0 : Math.max(0, clock.now() - oldest) / 1_000,
      diskTrouble: storage.trouble(),
      queueTrouble: this.#queueTrouble,
      lagSeconds: this.#intake.lagSeconds,
      clockSkewSeconds: skewMs === undefined ? null : skewMs / 1_000,
    }
  }

  async stop(): Promise<void> {
    const { storage, log } = this.#options
    if (this.#isStopped) return
    this.#isStopped = true
    for (const timer of this.#timers) clearInterval(timer)
    await this.#client?.close()
    await this.#gaps.stop()
    await storage.spool.flush()
    this.#remember()
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
      // Before the lists are asked for: so the report of a gap knows the clock.
      this.#client!.send({ Action: "Ping" }).then(
        () => this.#noteClock(),
        () => {},
      )
      const ended = this.#coverage.open(state.connectedSince ?? state.at, this.#lostAt)
      this.#gaps.bridge(ended, this.#hasRestarted)
      // The gap is on record: the next start must not find it again.
      if (ended) this.#remember()
      this.#hasRestarted = false
      this.#ready.resolve()
    } else {
      this.#coverage.lose(state.lastReadAt ?? state.at)
      // Announced, or nothing listened: another life of the PBX than before.
      this.#hasRestarted ||= shutdown !== null || code === "port_refused"
    }
    this.#beat()
  }

  /** When something that was read could last not be kept. */
  get #lostAt(): number | undefined {
    return this.#losses.rowOf("spool-full").latest
  }

  #noteQueue(error: Error | null): void {
    const { log, storage } = this.#options
    this.#queueTrouble = error && `${error.name}: ${error.message}`
    const spoolDepth = storage.spool.depth
    if (error) log("queue.away", { alarm: true, reason: this.#queueTrouble, spoolDepth })
    else log("queue.back", { spoolDepth })
  }

  #setAside(message: Line, refusal: Refusal): void {
    const json = jsonOf(message)
    const { spoolDir, log, clock } = this.#options
    const file = quarantine(spoolDir, json, refusal, clock.now())
    this.#counts.refused++
    // A report that is refused is not reported by another one.
    if (!isReport(message)) this.#losses.note("refused", receivedAtOf(message))
    log("message.refused", { alarm: true, ...refusal, file })
  }

  async #list(action: string) {
    const result = await this.#client!.list({ Action: action })
    return result.ok ? result.rows : refusalOf(result.response)
  }

  #take(message: AmiMessage, receivedAt: number): void {
    this.#intake.take(message, receivedAt)
    if (message.kind !== "event") return
    this.#gaps.noteDialing(message, receivedAt)
    if (message.name === "FullyBooted") this.#gaps.booted()
    // Asterisk says so from 16 on, to users with read=system.
    if (message.name === "Load" && header(message, "Module") === DIALLER_MODULE)
      this.#gaps.moduleLoaded()
  }

  #noteClock(): void {
    if (!this.#pbxClock.look()) return
    this.#options.storage.remember("skewMs", String(this.#pbxClock.skewMs))
    // What it said of its times before is put right by it.
    this.#beat()
  }

  #tick(): void {
    this.#noteClock()
    this.#warnUntimed()
    void this.#warnUnread()
    this.#gaps.reportLosses(this.#options.clock.now())
    if (this.#client?.state.name === "connected") this.#gaps.askAgain(this.#options.clock.now())
    this.#remember()
  }

  #warnUntimed(): void {
    // `manager reload` switches it within a session.
    const isUntimed = this.#intake.hasTaken && this.#intake.newestTimestamp === null
    if (isUntimed === this.#isUntimed) return
    this.#isUntimed = isUntimed
    const mend = "timestampevents=yes in manager.conf, or twins send dllist and queue events twice"
    if (isUntimed) this.#options.log("events.untimed", { mend })
    else this.#options.log("events.timed")
  }

  async #warnUnread(): Promise<void> {
    const { connectedSince } = this.#client!.state
    const lastedMs = this.#options.clock.now() - (connectedSince ?? Infinity)
    // For want of an answer the session would be dropped: once for each user, and not while a session is young.
    if (this.#askedUser === this.#user || lastedMs < SETTLED_MS) return
    const user = (this.#askedUser = this.#user)
    const send = (action: Action) => this.#client!.send(action)
    // A session that ends meanwhile says why by itself.
    const classes = await askReadClasses(send, user).catch(() => {})
    if (classes && !mayRead(classes, "message"))
      this.#options.log("events.unread", { alarm: true, ...UNREAD })
  }

  /** What the next start has to know. */
  #remember(): void {
    const { spool, remember, checkpoint } = this.#options.storage
    checkpoint()
    const lastReadAt = this.#client?.state.lastReadAt ?? null
    const until = this.#coverage.readUntil(lastReadAt, spool.oldestUnsavedAt)
    if (until === null || !this.#openGaps.areSaved()) return
    remember("readUntil", String(until))
    const readSince = this.#coverage.readSince(this.#lostAt)
    if (readSince !== null && readSince <= until) remember("readSince", String(readSince))
  }

  /** Best effort: what it says is soon said again. */
  #beat(): void {
    const { sqs, ingestQueueUrl, clock } = this.#options
    const { spoolDepth, spoolAgeSeconds } = this.status()
    // Who reads but cannot keep covers nothing; and the report of that stands behind all that the spool is full of.
    const { readBefore, ...claim } = this.#coverage.claim(this.#losses.rowOf("spool-full"))
    const about = { receivedAt: clock.now(), version, ...claim, spoolDepth, spoolAgeSeconds }
    const lastReadAt = claim.connectedSince === null ? null : this.#client?.state.lastReadAt
    const heartbeat = {
      ...this.#envelope.heartbeat(about),
      ...(readBefore && { readBefore }),
      ...(typeof lastReadAt === "number" && { readUntil: lastReadAt }),
    }
    void sendHeartbeat(sqs, ingestQueueUrl, heartbeat, this.#key)
  }
}

/** Up to when an earlier run of this collector had read its PBX; null where there was none. */
function readUntilOf({ state, spool }: Storage): number | null {
  const remembered = state.get("readUntil")
  if (remembered === undefined) return spool.lastReceivedAt
  return Math.max(Number(remembered), spool.lastReceivedAt ?? 0)
}
