import type { ChildProcess } from "node:child_process"
import { existsSync, readFileSync, writeFileSync } from "node:fs"

const TICK_MS = 10
// Only looked up here, because the other process has no access to it.
export const hasCpuTimes = () => existsSync("/proc/self/stat")

/**
 * The CPU time that a process has used. Always 0 on systems without /proc, where only the elapsed
 * time counts.
 */
export function cpuMs(pid: number | undefined): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    const [user = 0, system = 0] = stat
      .slice(stat.lastIndexOf(")"))
      .split(" ")
      .slice(12)
      .map(Number)
    return (user + system) * TICK_MS
  } catch {
    return 0
  }
}

/** The memory that a process has. Always 0 on systems without /proc. */
export function memoryMb(pid: number | undefined): number {
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? []
    return Number(kilobytes ?? 0) / 1024
  } catch {
    return 0
  }
}

/** If memory runs out nevertheless, the kernel ends this process and not the one that works. */
export function endFirst({ pid }: ChildProcess): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, "1000")
  } catch {
    // Not on this system.
  }
}
