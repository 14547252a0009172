import { startStack, type Stack } from "../../harness/stack.ts"
import { runCrmHistory, type CrmHistory } from "./history.ts"

/** One process: histories one after the other, as the fleet hands them over. */
export type CrmTask = { seed: number }
export type CrmDone = { task: CrmTask; history: CrmHistory } | { task: CrmTask; error: string }

let stack: Stack | undefined

process.on("message", async (task: CrmTask) => {
  process.send!(await live(task))
})

async function live(task: CrmTask): Promise<CrmDone> {
  try {
    stack ??= await startStack()
    return { task, history: await runCrmHistory(stack, task.seed) }
  } catch (error) {
    return { task, error: (error as Error).stack ?? String(error) }
  }
}
