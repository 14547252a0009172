import type { SourceToken } from "@ringback/events/token"
import type { Refusal, Sqs } from "./batch.ts"
import type { EdgeTrace } from "./edge-trace.ts"
import type { Losses } from "./gaps/losses.ts"
import type { Log } from "./log.ts"
import { quarantine } from "./quarantine.ts"
import { type Sender, startSender } from "./sender.ts"
import { isReport, jsonOf, receivedAtOf, type SpoolRecord } from "./spool/record.ts"
import type { Spool } from "./spool/spool.ts"

type SendingOptions = {
  spool: Spool
  spoolDir: string
  sqs: Sqs
  queueUrl: string
  source: string
  signingKey: () => SourceToken
  ratePerSecond?: number | undefined
  onBatch?: ((durationMs: number) => void) | undefined
  trace?: EdgeTrace | undefined
  losses: Losses
  log: Log
  now: () => number
}

const DRAIN_MS = 10_000
const SEND_RATE = 2_000

/**
 * Sends the spool to the ingest queue. Counts sent and refused messages and tracks whether the
 * queue is reachable.
 */
export class Sending {
  readonly counts = { sent: 0, refused: 0 }
  queueTrouble: string | null = null
  readonly #options: SendingOptions
  #sender: Sender | undefined

  constructor(options: SendingOptions) {
    this.#options = options
  }

  start(): void {
    const { spool, sqs, queueUrl, source, signingKey, ratePerSecond, onBatch, trace } =
      this.#options
    this.#sender = startSender({
      spool,
      sqs,
      queueUrl,
      source,
      signingKey,
      ratePerSecond: ratePerSecond ?? SEND_RATE,
      trace,
      onSent: (count, durationMs) => {
        this.counts.sent += count
        onBatch?.(durationMs)
      },
      onOutage: (error) => this.#noteQueue(error),
      onRefused: (message, refusal) => this.#setAside(message, refusal),
    })
  }

  async stop(): Promise<void> {
    await this.#sender?.stop(DRAIN_MS)
  }

  #noteQueue(error: Error | null): void {
    const { log, spool } = this.#options
    this.queueTrouble = error && `${error.name}: ${error.message}`
    const spoolDepth = spool.depth
    if (error) log("queue.unreachable", { alarm: true, reason: this.queueTrouble, spoolDepth })
    else log("queue.reachable", { spoolDepth })
  }

  #setAside(message: SpoolRecord, refusal: Refusal): void {
    const { spoolDir, losses, log, now } = this.#options
    const file = quarantine(spoolDir, jsonOf(message), refusal, now())
    this.counts.refused++
    // A refused gap report does not create another report.
    if (!isReport(message)) losses.note("refused", receivedAtOf(message))
    log("message.refused", { alarm: true, ...refusal, file })
  }
}
