import type { Sqs } from "@ringback/collector/batch"
import type { Host } from "./globals.ts"
import type { Workers } from "./workers.ts"

type Entry = { Id: string; MessageBody: string }
type Command = { input: { MessageBody?: string; Entries?: Entry[] } }
type Surroundings = {
  workers: Workers
  queue: { isAway: boolean }
  /** How long the next way there, or back, takes. */
  delayMs: (way: "there" | "back") => number
  /** A message has been taken, whether or not the answer arrives. */
  onTaken?: (body: string) => void
}

/** SQS as a process reaches it: the message may be taken, and the answer come too late for it. */
export function makeQueueClient(
  process: Host,
  { workers, queue, delayMs, onTaken }: Surroundings,
): Sqs {
  const { simulation } = process
  const send = ({ input: { MessageBody, Entries } }: Command) => {
    const entries = Entries ?? [{ Id: "0", MessageBody: MessageBody! }]
    const [thereMs, backMs] = [delayMs("there"), delayMs("back")]
    return new Promise((resolve, reject) => {
      simulation.schedule(thereMs, () => {
        const { isAway } = queue
        for (const { MessageBody: body } of isAway ? [] : entries) {
          workers.put(body)
          onTaken?.(body)
        }
        const answer = () =>
          isAway
            ? reject(Object.assign(new Error("SQS is away"), { name: "ECONNREFUSED" }))
            : resolve({ Successful: entries.map(({ Id }) => ({ Id })) })
        process.schedule(backMs, answer, "io")
      })
    })
  }
  return { send } as unknown as Sqs
}
