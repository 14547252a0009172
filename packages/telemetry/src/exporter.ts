/** The maximum number of queued items. Further ones are dropped and counted. */
const MAX_WAITING = 2_048
const MAX_BATCH = 512
const LINGER_MS = 1_000
// If the receiver does not respond, one batch is retried with growing intervals. Then it is dropped
// too.
const MAX_TRIES = 5
const BACKOFF_MS = 1_000
const MAY_PASS = new Set([429, 502, 503, 504])

export const FULL = "too many wait to be sent"

export type ExporterOptions<Item> = {
  url: string
  headers: Record<string, string>
  timeoutMs: number
  format: (items: Item[]) => string
  /** Called with the number of dropped items and the reason. */
  onDropped: (count: number, reason: string) => void
}

/** Sends items in batches in the background. Callers never wait for it, and it never throws. */
export class Exporter<Item> {
  readonly #options: ExporterOptions<Item>
  readonly #waiting: Item[] = []
  #timer: NodeJS.Timeout | undefined
  #sending: Promise<void> | undefined
  #failures = 0
  // A flush timed out: later flushes do not wait until there is a response.
  #isLate = false

  constructor(options: ExporterOptions<Item>) {
    this.#options = options
  }

  get isFull(): boolean {
    return this.#waiting.length >= MAX_WAITING
  }

  add(item: Item): void {
    if (this.isFull) return this.#options.onDropped(1, FULL)
    this.#waiting.push(item)
    this.#schedule()
  }

  /**
   * Resolves when everything is sent, at once if the receiver is unreachable, and after `limitMs`
   * in any case.
   */
  async flush(limitMs: number): Promise<void> {
    const isAway = this.#failures > 0 || this.#isLate
    if (isAway || (this.#waiting.length === 0 && !this.#sending)) return
    this.#isLate = !(await within(limitMs, this.#drain()))
  }

  #schedule(): void {
    if (this.#sending || this.#failures > 0) return
    if (this.#waiting.length >= MAX_BATCH) void this.#drain()
    else this.#timer ??= setTimeout(() => void this.#drain(), LINGER_MS).unref()
  }

  /** Sends one batch after the other, until the queue is empty or a batch has failed. */
  #drain(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    return (this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined
      this.#isLate = false
      if (this.#failures > 0) {
        const waitMs = BACKOFF_MS * 2 ** (this.#failures - 1)
        this.#timer = setTimeout(() => void this.#drain(), waitMs).unref()
      }
    }))
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, MAX_BATCH)
      const result = await this.#send(batch)
      if (result.mayPass && ++this.#failures < MAX_TRIES) return
      this.#failures = 0
      this.#waiting.splice(0, batch.length)
      if (result.rejected > 0) this.#options.onDropped(result.rejected, result.reason)
    }
  }

  async #send(batch: Item[]): Promise<{ rejected: number; reason: string; mayPass: boolean }> {
    const { url, headers, timeoutMs, format } = this.#options
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: format(batch),
        redirect: "error",
        signal: AbortSignal.timeout(timeoutMs),
      })
      const text = await response.text()
      if (response.ok) return { ...partialOf(text), mayPass: false }
      const reason = `answered ${response.status}`
      return { rejected: batch.length, reason, mayPass: MAY_PASS.has(response.status) }
    } catch (error) {
      const reason = String((error as Error).cause ?? error)
      return { rejected: batch.length, reason, mayPass: true }
    }
  }
}

/** Whether the work ended in time. It is not awaited any longer. */
export async function within(limitMs: number, work: Promise<unknown>): Promise<boolean> {
  const limit = Promise.withResolvers<boolean>()
  const timer = setTimeout(limit.resolve, limitMs, false)
  const isDone = await Promise.race([work.then(() => true), limit.promise])
  clearTimeout(timer)
  return isDone
}

/** A 200 may report that a part was refused. */
function partialOf(text: string): { rejected: number; reason: string } {
  try {
    const { partialSuccess = {} } = JSON.parse(text) as { partialSuccess?: Record<string, unknown> }
    const { rejectedSpans, rejectedDataPoints, errorMessage = "" } = partialSuccess
    return {
      rejected: Number(rejectedSpans ?? rejectedDataPoints ?? 0) || 0,
      reason: String(errorMessage),
    }
  } catch {
    return { rejected: 0, reason: "" }
  }
}
