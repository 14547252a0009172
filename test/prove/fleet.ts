import { fork, type ChildProcess } from "node:child_process"
import { once } from "node:events"
import type { Done, Task } from "./worker.ts"

const path = new URL("worker.ts", import.meta.url).pathname
// Some take a minute on a busy machine; one that waits for what never comes must not be waited for.
const LONGEST_MS = 10 * 60_000

/** Runs the histories in several processes and tells of each; one that hangs is told of too. */
export async function runFleet(
  tasks: Iterable<Task>,
  workers: number,
  tell: (done: Done) => void,
): Promise<void> {
  const queue = tasks[Symbol.iterator]()
  await Promise.all(
    Array.from({ length: workers }, async () => {
      let child = fork(path, { stdio: ["ignore", "inherit", "inherit", "ipc"] })
      for (let next = queue.next(); !next.done; next = queue.next()) {
        const done = await run(child, next.value)
        tell(done)
        if ("history" in done || child.connected) continue
        child = fork(path, { stdio: ["ignore", "inherit", "inherit", "ipc"] })
      }
      child.kill()
    }),
  )
}

async function run(child: ChildProcess, task: Task): Promise<Done> {
  const overdue = new AbortController()
  const timer = setTimeout(() => child.kill("SIGKILL"), LONGEST_MS)
  const { signal } = overdue
  try {
    child.send(task)
    const answered = once(child, "message", { signal }).then(([done]) => done as Done)
    const ended = once(child, "exit", { signal }).then(([code, killed]): Done => ({
      task,
      error: `its process ended: ${killed ?? code}`,
    }))
    return await Promise.race([answered, ended])
  } finally {
    clearTimeout(timer)
    overdue.abort()
  }
}
