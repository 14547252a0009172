import { fork, type ChildProcess } from "node:child_process"
import { once } from "node:events"

/** How a task ended: with its history, or with what ended its process. */
type Ended<Task, Result> = Result | { task: Task; error: string }

// Some take a minute on a busy machine; one that waits for what never comes must not be waited for.
const LONGEST_MS = 10 * 60_000

/** Runs the histories in several processes of that file and tells of each; one that hangs is told of too. */
export async function runFleet<Task extends object, Result extends object>(
  file: URL,
  tasks: Iterable<Task>,
  workers: number,
  tell: (done: Ended<Task, Result>) => void,
): Promise<void> {
  const queue = tasks[Symbol.iterator]()
  const start = () => fork(file, { stdio: ["ignore", "inherit", "inherit", "ipc"] })
  await Promise.all(
    Array.from({ length: workers }, async () => {
      let child = start()
      for (let next = queue.next(); !next.done; next = queue.next()) {
        const done = await run<Task, Result>(child, next.value)
        tell(done)
        if ("history" in done || child.connected) continue
        child = start()
      }
      child.kill()
    }),
  )
}

async function run<Task extends object, Result extends object>(
  child: ChildProcess,
  task: Task,
): Promise<Ended<Task, Result>> {
  const overdue = new AbortController()
  const timer = setTimeout(() => child.kill("SIGKILL"), LONGEST_MS)
  const { signal } = overdue
  try {
    child.send(task)
    const answered = once(child, "message", { signal }).then(([done]) => done as Result)
    const ended = once(child, "exit", { signal }).then(([code, killed]) => ({
      task,
      error: `its process ended: ${killed ?? code}`,
    }))
    return await Promise.race([answered, ended])
  } finally {
    clearTimeout(timer)
    overdue.abort()
  }
}
