import { fork, type ChildProcess } from "node:child_process"
import { once } from "node:events"

/** What a process has used and done since it began. */
export type Usage = { cpuMs: number; counts: Record<string, number> }

export type Child = {
  /** What the process said when it was up. */
  started: Record<string, string>
  usage: () => Promise<Usage>
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
  return { cpuMs: after.cpuMs - before.cpuMs, counts: Object.fromEntries(counts) }
}
