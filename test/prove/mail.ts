import type { SQSClient } from "@aws-sdk/client-sqs"
import { queues, type QueueName } from "../../infra/facts.ts"
import type { Agenda } from "./agenda.ts"

type Input = { QueueUrl?: string; Entries?: { MessageBody?: string; DelaySeconds?: number }[] }

// Asking each queue again and again whether it has anything would take most of the time.

/** Knows which queues may have something, and when what is hidden can be seen. */
export class Mail {
  readonly #agenda: Agenda
  readonly #may = new Set<QueueName>()

  constructor(agenda: Agenda) {
    this.#agenda = agenda
  }

  mayHave = (name: QueueName) => this.#may.has(name)
  isEmpty = (name: QueueName) => void this.#may.delete(name)

  comesAgain(name: QueueName, at: number): void {
    this.#agenda.add(at, async () => void this.#may.add(name))
  }

  /** Notes what that client sends. */
  watch(sqs: SQSClient, urls: Record<QueueName, { url: string }>): () => void {
    const name = "watchMail"
    const names = Object.keys(queues) as QueueName[]
    sqs.middlewareStack.add(
      (next) => async (args) => {
        const { QueueUrl, Entries = [] } = args.input as Input
        const queue = names.find((each) => urls[each].url === QueueUrl)
        const delays = Entries.flatMap(({ MessageBody, DelaySeconds = 0 }) =>
          MessageBody === undefined ? [] : [DelaySeconds],
        )
        // AWS refuses what the embedded queue takes.
        if (delays.some((delay) => delay > 900)) throw new Error(`DelaySeconds of ${delays}`)
        try {
          return await next(args)
        } finally {
          for (const delay of queue ? delays : []) {
            if (delay === 0) this.#may.add(queue!)
            else this.comesAgain(queue!, Date.now() + delay * 1000)
          }
        }
      },
      { step: "finalizeRequest", priority: "low", name },
    )
    return () => void sqs.middlewareStack.remove(name)
  }
}
