import { startStack, type Stack } from "../harness/stack.ts"
import { runHistory, type History } from "./history.ts"
import type { Size } from "./plan.ts"

/** One process: histories one after the other, as the fleet hands them over. */
export type Task = { seed: number } & Size
export type Done = { task: Task; history: History } | { task: Task; error: string }

// An engine in memory forgets nothing, and what lies about makes its scans long.
const HISTORIES_A_STACK = 60

let stack: Stack | undefined
let used = 0

process.on("message", async (task: Task) => {
  process.send!(await live(task))
})

async function live(task: Task): Promise<Done> {
  try {
    stack ??= await startStack()
    const history = await runHistory(stack, task.seed, task)
    // What a lost event left behind must not become the next history's.
    if (history.problems.length > 0 || ++used % HISTORIES_A_STACK === 0) await forget()
    return { task, history }
  } catch (error) {
    await forget()
    return { task, error: (error as Error).stack ?? String(error) }
  }
}

async function forget() {
  await stack?.close()
  stack = undefined
}
