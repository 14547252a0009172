import { type EdgeTask, liveSeed } from "./worker.ts"

// A process of its own: histories one after the other, as the fleet hands them over.
process.on("message", async (task: EdgeTask) => {
  const done = await liveSeed(task)
  // Nobody reads all that was logged: it comes again with the seed.
  process.send!("history" in done ? { ...done, history: { ...done.history, lines: [] } } : done)
})
