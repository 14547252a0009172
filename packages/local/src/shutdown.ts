/** How things that were started end: the last first, each a little time, whatever the others do. */
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

// What is not through by then is in its queue still, and goes on at the next start.
const LIMIT_MS = 5000
// npm passes on what the terminal has already sent to its whole group: the same Ctrl-C arrives twice.
const SAME_SIGNAL_MS = 400

/** Ends the process at SIGINT or SIGTERM, cleanly; at a second one at once. The answer says whether it is ending. */
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
