import { randomBytes, randomUUID } from "node:crypto"
import { SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs"
import { sealMessage } from "@ringback/events/message"
import { parseSourceToken } from "@ringback/events/token"
import { credentials, region } from "../harness/stack.ts"

type Entry = { uuid: string; body: string }

/** A collector's sending end: what was not acknowledged is sent again, the same message. */
export class Feeder {
  /** The Uuids of events that SQS has said yes to. */
  readonly acknowledged = new Set<string>()
  readonly #source: NonNullable<ReturnType<typeof parseSourceToken>>
  #spool: Entry[] = []

  constructor(token: string) {
    this.#source = parseSourceToken(token)!
  }

  /** Sends so many new events, and what is left from before, until it is done or the queue is gone. */
  async feed(queueUrl: string, count: number): Promise<void> {
    const endpoint = new URL(queueUrl).origin
    const sqs = new SQSClient({
      region,
      credentials,
      endpoint,
      useQueueUrlAsEndpoint: false,
      maxAttempts: 1,
    })
    for (let index = 0; index < count; index++) this.#spool.push(this.#make())
    try {
      while (this.#spool.length > 0) {
        const some = this.#spool.slice(0, 10)
        const Entries = some.map(({ body }, index) => ({ Id: String(index), MessageBody: body }))
        const answer = await sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }))
        const taken = (answer.Successful ?? []).map(({ Id }) => some[Number(Id)]!)
        for (const { uuid } of taken) this.acknowledged.add(uuid)
        this.#spool = this.#spool.filter((entry) => !taken.includes(entry))
      }
    } catch {
      // Killed meanwhile: whether it had taken them, nobody knows.
    } finally {
      sqs.destroy()
    }
  }

  #make(): Entry {
    const uuid = randomUUID()
    const { tenant, source, keyId, key } = this.#source
    const message = {
      v: 1 as const,
      kind: "event" as const,
      id: randomBytes(16).toString("base64url"),
      tenant,
      source,
      collector: "A".repeat(22),
      receivedAt: Date.now(),
      headers: [
        ["Event", "OutCampaignUpdate"],
        ["Uuid", uuid],
        ["Status", "1"],
        ["TmUpdate", `${new Date().toISOString().slice(0, -1)}000001Z`],
      ] satisfies [string, string][],
    }
    return { uuid, body: sealMessage(message, { keyId, key }) }
  }
}
