// A tick that comes so late says that this process is busy, not that somebody else is slow.
const LATE_MS = 150

/** Calls `onTick` every `tickMs`, leaving out the ticks that come late; the answer stops it. */
export function everySteadyTick(tickMs: number, onTick: () => void): () => void {
  let last = performance.now()
  const timer = setInterval(() => {
    const at = performance.now()
    const isLate = at - last >= tickMs + LATE_MS
    last = at
    if (!isLate) onTick()
  }, tickMs)
  // An invocation that died never stops its ticks; they must not keep the process.
  timer.unref()
  return () => clearInterval(timer)
}
