import { fork, type ChildProcess } from "node:child_process"
import { once } from "node:events"
import type { Causes } from "./profile.ts"

/** What a process has used and done since it began. */
export type Usage = { cpuMs: number; counts: Record<string, number>; causes: Causes }

export type Child = {
  /** What the process said when it was up. */
  started: Record<string, string>
  usage: () => Promise<Usage>
  /** Samples it until its usage is asked for, which then tells the causes. */
  profile: () => Promise<void>
  stop: () => Promise<void>
}

/** Starts a role of roles.ts in a process of its own, so that its CPU time is its own. */
export async function startChild(role: string, env: Record<string, string>): Promise<Child> {
  const child = fork(new URL("./roles.ts", import.meta.url), [role], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  })
  const started = await answerOf<Record<string, string>>(child)
  return {
    started,
    async usage() {
      const answer = answerOf<Usage>(child)
      child.send("usage")
      return answer
    },
    async profile() {
      const begun = answerOf(child)
      child.send("profile")
      await begun
    },
    async stop() {
      const ended = once(child, "exit")
      child.kill("SIGKILL")
      await ended
    },
  }
}

async function answerOf<T>(child: ChildProcess): Promise<T> {
  const message = once(child, "message")
  const failed = once(child, "exit").then(([code]) => {
    throw new Error(`a process of the benchmark ended with ${code}`)
  })
  const [answer] = (await Promise.race([message, failed])) as [T]
  return answer
}

/** What was used between two looks. */
export function between(before: Usage, after: Usage): Usage {
  const counts = Object.entries(after.counts).map(([name, count]) => [
    name,
    count - (before.counts[name] ?? 0),
  ])
  const cpuMs = after.cpuMs - before.cpuMs
  return { cpuMs, counts: Object.fromEntries(counts), causes: after.causes }
}
