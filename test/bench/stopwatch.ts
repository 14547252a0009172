import { randomUUID } from "node:crypto"
import { exampleHeaders } from "@ringback/events/documented-event-types"
import { eventStamp } from "@ringback/local/ami-server"
import { until } from "../harness/until.ts"

/** By the event's Uuid and the receiver's path. */
const sentAt = new Map<string, number>()
/** One for each endpoint. */
const paths = ["/"]
let latenciesMs: number[] = []

/** From the next event on it is expected there too. */
export const expectAt = (path: string): void => void paths.push(path)

/** Webhooks that come twice count once: the first is the one that a receiver acts upon. */
export function arrived(body: string, path: string): void {
  const { uuid } = (JSON.parse(body) as { data: { uuid: string } }).data
  const at = sentAt.get(uuid + path)
  if (at === undefined) return
  sentAt.delete(uuid + path)
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
  for (const path of paths) sentAt.set(uuid! + path, performance.now())
  say(`${lines.join("")}\r\n\r\n`)
}

/** The milliseconds from each event's saying to its webhook, once the last has arrived; the next ones begin anew. */
export async function takeLatencies(): Promise<number[]> {
  await until(() => sentAt.size === 0, { seconds: 300, what: "every event's webhook" })
  const taken = latenciesMs
  latenciesMs = []
  return taken
}
