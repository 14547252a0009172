import { randomUUID } from "node:crypto"
import { exampleHeaders } from "@ringback/events/catalog"
import { eventStamp } from "@ringback/local/ami-server"
import { until } from "../harness/until.ts"

const sentAt = new Map<string, number>()
let latenciesMs: number[] = []

/** Webhooks that come twice count once: the first is the one that a receiver acts upon. */
export function arrived(body: string): void {
  const { uuid } = (JSON.parse(body) as { data: { uuid: string } }).data
  const at = sentAt.get(uuid)
  if (at === undefined) return
  sentAt.delete(uuid)
  latenciesMs.push(performance.now() - at)
}

/** An event as the PBX says it: a call's end, of about a kilobyte, with a Uuid of its own; the time runs from here. */
export function sayEvent({ say }: { say: (text: string) => void }): void {
  let uuid: string | undefined
  const makeUuid = () => {
    const fresh = randomUUID()
    uuid ??= fresh
    return fresh
  }
  const headers = exampleHeaders("dialing.updated", { now: Date.now(), makeUuid })!
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`)
  lines.splice(1, 0, `Timestamp: ${eventStamp()}\r\n`)
  sentAt.set(uuid!, performance.now())
  say(`${lines.join("")}\r\n\r\n`)
}

/** The milliseconds from each event's saying to its webhook, once the last has arrived; the next ones begin anew. */
export async function takeLatencies(): Promise<number[]> {
  await until(() => sentAt.size === 0, { seconds: 300, what: "every event's webhook" })
  const taken = latenciesMs
  latenciesMs = []
  return taken
}
