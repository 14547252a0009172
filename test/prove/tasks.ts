import { makeChance } from "./chance.ts"
import { makePlan } from "./plan.ts"
import type { Task } from "./worker.ts"

/** What lives through them. */
export const workerFile = new URL("worker.ts", import.meta.url)

const FLOOD_EVENTS = 500

/** Small histories, each another seed, and floods between them until there are so many events. */
export function makeTasks(histories: number, events: number, seed: number): Task[] {
  const small = Array.from({ length: histories }, (_, index): Task => ({ seed: seed + index }))
  const planned = small.reduce(
    (sum, each) => sum + makePlan(makeChance(each.seed)).events.length,
    0,
  )
  const floods = Math.max(0, Math.ceil((events - planned) / FLOOD_EVENTS))
  const every = Math.max(1, Math.floor(histories / (floods + 1)))
  const tasks: Task[] = []
  let made = 0
  const addFlood = () => tasks.push({ seed: seed + histories + made++, events: FLOOD_EVENTS })
  small.forEach((task, index) => {
    tasks.push(task)
    if (index % every === every - 1 && made < floods) addFlood()
  })
  while (made < floods) addFlood()
  return tasks
}
