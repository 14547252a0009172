/**
 * Stops everything that was started: the last first, each with a time limit, regardless of
 * failures.
 */
export type Shutdown = {
  add: (close: () => Promise<void> | void) => void
  run: () => Promise<void>
}

export function makeShutdown(): Shutdown {
  const closers: (() => Promise<void> | void)[] = []
  return {
    add: (close) => void closers.push(close),
    async run() {
      for (let close; (close = closers.pop());) {
        await Promise.resolve(close()).catch(() => undefined)
      }
    },
  }
}

// Unfinished messages are still in their queue, and continue at the next start.
const LIMIT_MS = 5000
// npm forwards a signal that the terminal has already sent to the whole process group: the same
// Ctrl-C arrives twice.
const SAME_SIGNAL_MS = 400

/**
 * Ends the process cleanly at SIGINT or SIGTERM, and at once at a second one. The returned function
 * tells whether it is ending.
 */
export function endOnSignals(shutdown: Shutdown, onFirst: () => void): () => boolean {
  let firstAt: number | undefined
  const onSignal = () => {
    const now = performance.now()
    if (firstAt !== undefined) {
      if (now - firstAt > SAME_SIGNAL_MS) process.exit(130)
      return
    }
    firstAt = now
    onFirst()
    setTimeout(() => process.exit(0), LIMIT_MS).unref()
    void shutdown.run().then(() => process.exit(0))
  }
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal)
  return () => firstAt !== undefined
}
