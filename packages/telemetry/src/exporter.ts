/** The most that wait to be sent; what comes on top is dropped and counted. */
const MAX_WAITING = 2_048
const MAX_BATCH = 512
const LINGER_MS = 1_000
// While nobody answers, one batch is tried again, ever more rarely; then it is dropped too.
const MAX_TRIES = 5
const BACKOFF_MS = 1_000
const MAY_PASS = new Set([429, 502, 503, 504])

export const FULL = "too many wait to be sent"

export type ExporterOptions<Item> = {
  url: string
  headers: Record<string, string>
  timeoutMs: number
  format: (items: Item[]) => string
  /** So many were not taken, and why. */
  onDropped: (count: number, reason: string) => void
}

/** Sends what it is given in batches, beside the work: nothing of it is ever waited for, and nothing throws. */
export class Exporter<Item> {
  readonly #options: ExporterOptions<Item>
  readonly #waiting: Item[] = []
  #timer: NodeJS.Timeout | undefined
  #sending: Promise<void> | undefined
  #failures = 0
  // A flush has waited in vain: the next ones do not, until there is an answer.
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

  /** Resolves when all is out, or at once where the other side is away, and after `limitMs` in any case. */
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

  /** One batch after the other, until nothing waits or one has failed. */
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

/** Whether the work was done in time; it is waited for no longer. */
export async function within(limitMs: number, work: Promise<unknown>): Promise<boolean> {
  const limit = Promise.withResolvers<boolean>()
  const timer = setTimeout(limit.resolve, limitMs, false)
  const isDone = await Promise.race([work.then(() => true), limit.promise])
  clearTimeout(timer)
  return isDone
}

/** A 200 may say that some of it was refused. */
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
