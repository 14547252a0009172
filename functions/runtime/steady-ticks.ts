// A tick that is this late means that this process is busy, not that the other side is slow.
const LATE_MS = 150

/**
 * Calls `onTick` every `tickMs`, except for ticks that are late. The returned function stops it.
 */
export function everySteadyTick(tickMs: number, onTick: () => void): () => void {
  let last = performance.now()
  const timer = setInterval(() => {
    const at = performance.now()
    const isLate = at - last >= tickMs + LATE_MS
    last = at
    if (!isLate) onTick()
  }, tickMs)
  // An invocation that died never stops its ticks. They must not keep the process alive.
  timer.unref()
  return () => clearInterval(timer)
}
