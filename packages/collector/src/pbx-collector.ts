import { AmiClient } from "@ringback/ami/client"
import type { Clock } from "@ringback/ami/clock"
import type { AmiMessage } from "@ringback/ami/message"
import type { AmiTarget } from "@ringback/ami/session"
import type { AmiState } from "@ringback/ami/state"
import type { SourceToken } from "@ringback/events/token"
import type { CollectorOptions } from "./collector-options.ts"
import { makeEdgeTrace } from "./edge-trace.ts"
import { makeEnvelope } from "./envelope.ts"
import { Coverage } from "./gaps/coverage.ts"
import { GapLists } from "./gaps/gap-lists.ts"
import { GapReports } from "./gaps/gap-reports.ts"
import { Gaps } from "./gaps/gaps.ts"
import { refusalOf } from "./gaps/list-refusal.ts"
import { Losses } from "./gaps/losses.ts"
import { OpenGaps } from "./gaps/open-gaps.ts"
import { UnfilledGaps } from "./gaps/unfilled.ts"
import { Intake } from "./intake.ts"
import { PbxClock } from "./pbx-clock.ts"
import { ageSeconds, Progress, readUntilOf } from "./progress.ts"
import { Selection } from "./selection.ts"
import { Sending } from "./sending.ts"
import { SettingsWatch } from "./settings-watch.ts"
import type { Storage } from "./spool/storage.ts"
import type { Status } from "./status.ts"

/** What it needs of a collector's options, and what was made of them. */
type PbxCollectorOptions = CollectorOptions & { token: SourceToken; storage: Storage; clock: Clock }

const TICK_MS = 1_000
const MINUTE_MS = 60_000
const CONFIRM_MS = 3_000

/** Connects session, spool and sender for one PBX and one source. */
export class PbxCollector {
  readonly #options: PbxCollectorOptions
  readonly #losses: Losses
  readonly #intake: Intake
  readonly #selection: Selection
  readonly #gaps: Gaps
  readonly #coverage: Coverage
  readonly #progress: Progress
  readonly #sending: Sending
  readonly #settingsWatch: SettingsWatch
  readonly #pbxClock: PbxClock
  readonly #ready = Promise.withResolvers<void>()
  #client: AmiClient | undefined
  #key: SourceToken
  #user: string
  #hasRestarted = false
  #isConnected = false
  #sessions = 0
  #timers: NodeJS.Timeout[] = []
  #isStopped = false

  constructor(options: PbxCollectorOptions) {
    const { token, storage, tracing, log, clock, sqs, ingestQueueUrl: queueUrl } = options
    const { spool, collector, state, attempt, known } = storage
    const { tenant, source } = token
    this.#options = options
    this.#user = options.ami.username
    this.#key = token
    const knownSkew = state.get("skewMs")
    const pbxClock = new PbxClock(log, knownSkew === undefined ? undefined : Number(knownSkew))
    this.#pbxClock = pbxClock
    const envelope = makeEnvelope({ tenant, source, collector }, () => pbxClock.skewMs)
    const openGaps = new OpenGaps(state, attempt)
    const losses = new Losses((loss) => openGaps.keep({ ...loss, to: null }))
    this.#losses = losses
    this.#selection = new Selection(options.amiEvents ?? [])
    const send: AmiClient["send"] = (action) => this.#client!.send(action)
    const { now } = clock
    const trace = tracing && makeEdgeTrace(tracing, { source, queueUrl, collector, now })
    const parts = { spool, envelope, losses, known, openGaps, log, now, trace }
    const intake = new Intake({ ...parts, selection: this.#selection })
    this.#intake = intake
    const lists = new GapLists({
      ...parts,
      intake,
      unfilled: new UnfilledGaps(state, attempt, openGaps.left),
      confirmMs: options.confirmMs ?? CONFIRM_MS,
      list: (action) => this.#list(action),
      send,
    })
    this.#gaps = new Gaps({ ...parts, lists, reports: new GapReports(parts) })
    // Unreported gaps of an earlier run interrupt its coverage, so its start is unknown.
    const readSince = openGaps.left.length > 0 ? undefined : state.get("readSince")
    const coverage = new Coverage(readUntilOf(storage), readSince ? Number(readSince) : undefined)
    this.#coverage = coverage
    const queue = { sqs, queueUrl, source, signingKey: () => this.#key }
    const lastReadAt = () => this.#client?.state.lastReadAt ?? null
    this.#progress = new Progress({ ...parts, ...queue, storage, coverage, lastReadAt })
    const { spoolDir, sendRate: ratePerSecond, onBatch } = options
    this.#sending = new Sending({ ...parts, ...queue, spoolDir, ratePerSecond, onBatch })
    this.#settingsWatch = new SettingsWatch({ intake, send, log })
  }

  get ready(): Promise<void> {
    return this.#ready.promise
  }

  start(): void {
    const { ami, storage, tuning, log, clock } = this.#options
    const readUntil = readUntilOf(storage) ?? clock.now()
    this.#gaps.reportDamages(readUntil)
    this.#gaps.reportLeft(readUntil)
    this.#sending.start()
    this.#client = new AmiClient({
      ...ami,
      ...(tuning && { tuning }),
      clock,
      peerClock: this.#pbxClock.peer,
      onMessage: (message, receivedAt) => this.#take(message, receivedAt),
      onState: (state) => this.#noteSession(state),
      onStall: (since) => this.#progress.noteStall(since),
      onDropped: ({ why, bytes, firstLine }, at) => {
        // An event cut off by the end of a stream belongs to the gap that starts there.
        if (why === "oversized") this.#losses.note("oversized", at)
        log("message.dropped", { why, bytes, firstLine })
      },
    })
    const beat = () => this.#progress.beat()
    this.#timers = [
      setInterval(() => this.#tick(), TICK_MS),
      setInterval(() => log("collector.minute", this.status()), MINUTE_MS),
    ]
    const { heartbeatMs } = this.#options
    if (heartbeatMs !== undefined) this.#timers.push(setInterval(beat, heartbeatMs))
    beat()
  }

  /** Opens a new session before closing the old one. Rejects if the PBX refuses the new settings. */
  async reload(ami: AmiTarget | undefined, token: SourceToken): Promise<void> {
    this.#key = token
    if (!ami) return
    await this.#client?.renew(ami)
    this.#user = ami.username
  }

  status(): Status {
    const { storage, token, clock } = this.#options
    const { spool } = storage
    const state = this.#client?.state
    const { skewMs } = this.#pbxClock
    return {
      source: token.source,
      collector: storage.collector,
      session: state?.name ?? "connecting",
      sessionReason: state?.reason ?? null,
      connectedSince: this.#coverage.connectedSince,
      lastReadAt: state?.lastReadAt ?? null,
      sessions: this.#sessions,
      ...this.#sending.counts,
      events: this.#selection.counts(),
      synthetic: this.#intake.syntheticCount,
      losses: this.#losses.counts(),
      gaps: this.#gaps.counts,
      spoolDepth: spool.depth,
      spoolBytes: spool.bytes,
      spoolAgeSeconds: ageSeconds(spool.oldestReceivedAt, clock.now()),
      diskTrouble: storage.trouble(),
      queueTrouble: this.#sending.queueTrouble,
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
    this.#progress.remember()
    this.#progress.beat()
    await this.#sending.stop()
    log("collector.stopped", { spoolDepth: storage.spool.depth })
    await storage.close()
  }

  #noteSession(state: AmiState): void {
    const { name, reason, code, isAlarm, failures, banner, shutdown } = state
    const fields = { alarm: isAlarm, reason, code, failures, banner, shutdown }
    this.#options.log(`session.${name}`, fields)
    if (name === "connected") this.#opened(state)
    else {
      this.#coverage.lose(state.lastReadAt ?? state.at)
      // The PBX announced a shutdown or its port was closed, so it has restarted.
      this.#hasRestarted ||= shutdown !== null || code === "port_refused"
    }
    // A further attempt that fails changes nothing that a heartbeat says.
    const isConnected = name === "connected"
    if (isConnected || this.#isConnected) this.#progress.beat()
    this.#isConnected = isConnected
  }

  #opened(state: AmiState): void {
    this.#sessions++
    // Sent before the list requests, so that the gap report uses the measured clock.
    this.#client!.send({ Action: "Ping" }).then(
      () => this.#noteClock(),
      () => {},
    )
    const ended = this.#coverage.open(state.connectedSince ?? state.at, this.#progress.lostAt)
    this.#gaps.bridge(ended, this.#hasRestarted)
    // The gap is saved, so the next start must not report it again.
    if (ended) this.#progress.remember()
    this.#hasRestarted = false
    this.#ready.resolve()
  }

  async #list(action: string) {
    const result = await this.#client!.list({ Action: action })
    return result.ok ? result.rows : refusalOf(result.response)
  }

  #take(message: AmiMessage, receivedAt: number): void {
    this.#intake.take(message, receivedAt)
    if (message.kind === "event") this.#gaps.note(message, receivedAt)
  }

  #noteClock(): void {
    if (!this.#pbxClock.update()) return
    this.#options.storage.remember("skewMs", String(this.#pbxClock.skewMs))
    // Earlier heartbeats used the old clock skew. This one corrects them.
    this.#progress.beat()
  }

  #tick(): void {
    const now = this.#options.clock.now()
    const { name, connectedSince } = this.#client!.state
    this.#noteClock()
    this.#settingsWatch.check(this.#user, connectedSince === null ? null : now - connectedSince)
    this.#gaps.reportLosses(now)
    if (name === "connected") this.#gaps.askAgain(now)
    this.#progress.remember()
    if (this.#options.heartbeatMs === undefined) this.#progress.beatIfDue()
  }
}
