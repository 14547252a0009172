import { randomBytes, randomUUID } from "node:crypto"
import { SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs"
import { sealMessage } from "@ringback/events/message"
import { parseSourceToken } from "@ringback/events/token"
import { credentials, region } from "../harness/stack.ts"

type Entry = { uuid: string; body: string; call?: Call }

/** A dialing and its events, of which so many are still to be acknowledged. */
type Call = { uuid: string; isAnswered: boolean; left: number }

// Status, ResDial, ResHangup, as the dialler says them.
const ANSWERED = ["0 0 0", "1 0 0", "1 4 0", "5 4 16", "6 4 16"]
const BUSY = ["0 0 0", "1 0 0", "10 0 17", "6 0 17"]
// One in so many events begins a call.
const CALL_EVERY = 10

/** A collector's sending end: what was not acknowledged is sent again, the same message. */
export class Feeder {
  /** The Uuids of events that SQS has said yes to. */
  readonly acknowledged = new Set<string>()
  /** The calls all of whose events it has said yes to, and whether they were answered. */
  readonly calls = new Map<string, boolean>()
  #made = 0
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
    for (let index = 0; index < count; index++) {
      this.#spool.push(this.#campaign())
      if (++this.#made % CALL_EVERY === 0) this.#spool.push(...this.#call())
    }
    try {
      while (this.#spool.length > 0) {
        const some = this.#spool.slice(0, 10)
        const Entries = some.map(({ body }, index) => ({ Id: String(index), MessageBody: body }))
        const answer = await sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }))
        const taken = (answer.Successful ?? []).map(({ Id }) => some[Number(Id)]!)
        for (const entry of taken) this.#acknowledge(entry)
        this.#spool = this.#spool.filter((entry) => !taken.includes(entry))
      }
    } catch {
      // Killed meanwhile: whether it had taken them, nobody knows.
    } finally {
      sqs.destroy()
    }
  }

  #acknowledge({ uuid, call }: Entry): void {
    if (!call) this.acknowledged.add(uuid)
    else if (--call.left === 0) this.calls.set(call.uuid, call.isAnswered)
  }

  #campaign(): Entry {
    const uuid = randomUUID()
    const headers: [string, string][] = [
      ["Event", "OutCampaignUpdate"],
      ["Uuid", uuid],
      ["Status", "1"],
      ["TmUpdate", stampAt(0)],
    ]
    return { uuid, body: this.#seal(headers) }
  }

  #call(): Entry[] {
    const uuid = randomUUID()
    const isAnswered = this.#made % (2 * CALL_EVERY) === 0
    const steps = isAnswered ? ANSWERED : BUSY
    const call = { uuid, isAnswered, left: steps.length + 1 }
    const [begin, end] = [stampAt(0), stampAt(steps.length)]
    const event = (verb: string, state: string, at: string): Entry => {
      const [status, resDial, resHangup] = state.split(" ") as [string, string, string]
      const headers: [string, string][] = [
        ["Event", `OutDialing${verb}`],
        ["Uuid", uuid],
        ["Status", status],
        ["ResDial", resDial],
        ["ResHangup", resHangup],
        ["TmCreate", begin],
        ["TmUpdate", at],
      ]
      return { uuid, call, body: this.#seal(headers) }
    }
    const said = steps.map((state, step) =>
      event(step === 0 ? "Create" : "Update", state, step === 0 ? "<unknown>" : stampAt(step)),
    )
    return [...said, event("Delete", steps.at(-1)!, end)]
  }

  #seal(headers: [string, string][]): string {
    const { tenant, source, keyId, key } = this.#source
    const message = {
      v: 1 as const,
      kind: "event" as const,
      id: randomBytes(16).toString("base64url"),
      tenant,
      source,
      collector: "A".repeat(22),
      receivedAt: Date.now(),
      headers,
    }
    return sealMessage(message, { keyId, key })
  }
}

const stampAt = (second: number) =>
  `${new Date(Date.now() + second * 1000).toISOString().slice(0, -1)}000001Z`
