import { failedOutcome, outcomeOf } from "@ringback/webhooks/attempt-outcome"
import { parseNetworks } from "@ringback/webhooks/address"
import { makeSender, type Sender, type SendRequest } from "@ringback/webhooks/send"
import { answer as respond, startReceiver } from "../harness/receiver.ts"
import type { Answer } from "./answers.ts"
import { advanceTo } from "./clock.ts"
import { current } from "./invocation.ts"
import type { Post, Receipts } from "./receipts.ts"

export type Senders = {
  sender: Pick<Sender, "send">
  urlOf: (index: number) => string
  /** Requests that came over the wire name no endpoint but by their path. */
  name: (index: number, endpointId: string) => void
  close: () => Promise<void>
}

const TIMEOUT_MS = 15_000

/** POSTs that stay in this process; a receiver that does not answer costs 15 s of the clock. */
export function inProcess(receipts: Receipts): Senders {
  const send = async ({ endpointId, headers, body }: SendRequest) => {
    const startedAt = Date.now()
    const answer = receipts.take({ endpointId, headers, body })
    if (answer.kind === "status") {
      const { status, retryAfter } = answer
      const bodyStart = Buffer.from(status === 204 ? "" : "no")
      return outcomeOf({ statusCode: status, durationMs: 5, retryAfter, bodyStart }, Date.now())
    }
    if (answer.kind !== "silent") return failedOutcome(answer.kind, 5, answer.kind === "reset")
    advanceTo(startedAt + TIMEOUT_MS)
    return failedOutcome("no answer within 15 s", TIMEOUT_MS, true)
  }
  return {
    sender: stepping({ send }),
    urlOf: (index) => `http://127.0.0.1:9/${index}`,
    name() {},
    close: async () => {},
  }
}

// How long a silence is listened to. What is answered has time enough, however busy the machine is: an answer that this
// process was too slow to read would be a failure that no receiver made.
const SILENCE_MS = 150
const PATIENCE_MS = 60_000

/** POSTs by Ringback's own sender over real sockets to a real server. */
export async function overHttp(receipts: Receipts): Promise<Senders> {
  const endpoints = new Map<string, string>()
  const receiver = await startReceiver(({ path, headers, body }, response) => {
    const endpointId = endpoints.get(path) ?? path
    act(receipts.take({ endpointId, headers, body } satisfies Post), response)
  })
  const open = (limitMs: number) =>
    makeSender({
      allowedNetworks: parseNetworks("127.0.0.0/8"),
      timeouts: { lookupMs: limitMs, connectMs: limitMs, totalMs: limitMs, bodyMs: limitMs },
    })
  const [patient, impatient] = [open(PATIENCE_MS), open(SILENCE_MS)]
  const send = (request: SendRequest) =>
    (receipts.willBeSilent(request) ? impatient : patient).send(request)
  return {
    sender: stepping({ send }),
    urlOf: (index) => `${receiver.url}${index}`,
    name: (index, endpointId) => void endpoints.set(`/${index}`, endpointId),
    async close() {
      patient.close()
      impatient.close()
      await receiver.close()
    },
  }
}

function act(answer: Answer, response: Parameters<typeof respond>[0]): void {
  if (answer.kind === "status") {
    const { status, retryAfter } = answer
    const headers = retryAfter === undefined ? {} : { "retry-after": retryAfter }
    respond(response, status, status === 301 ? { location: "/elsewhere" } : headers)
  } else if (answer.kind !== "silent") response.socket?.resetAndDestroy()
}

/** A POST is an await as any other: the invocation may die before or after it. */
const stepping = ({ send }: Pick<Sender, "send">): Pick<Sender, "send"> => ({
  send: (request) => {
    const invocation = current()
    return invocation ? invocation.step(() => send(request)) : send(request)
  },
})
