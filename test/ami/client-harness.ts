import type { TestContext } from "node:test"
import { AmiClient } from "@ringback/ami/client"
import type { AmiClientOptions } from "@ringback/ami/client-options"
import type { AmiMessage } from "@ringback/ami/message"
import type { DroppedMessage } from "@ringback/ami/parser"
import type { AmiState } from "@ringback/ami/state"
import { startPbx, type PbxOptions } from "./pbx.ts"
import { until } from "../harness/until.ts"
import { ManualClock } from "./time.ts"

export type Own = Partial<AmiClientOptions>

/** A client on that port, on a clock that stands still, and all that it says. Closed with the test. */
export function startClient(t: TestContext, port: number, own: Own = {}) {
  const seen = {
    messages: [] as AmiMessage[],
    states: [] as AmiState[],
    dropped: [] as DroppedMessage[],
  }
  const clock = new ManualClock()
  const client = new AmiClient({
    host: "127.0.0.1",
    port,
    username: "collector",
    secret: "secret",
    clock,
    onMessage: (message) => seen.messages.push(message),
    onState: (state) => seen.states.push(state),
    onDropped: (dropped) => seen.dropped.push(dropped),
    ...own,
  })
  t.after(async () => {
    const closed = client.close()
    clock.advance(60_000)
    await closed
  })
  return { client, clock, seen, names: () => seen.states.map(({ name }) => name) }
}

/** A PBX and a client of it. */
export async function startBoth(t: TestContext, options: PbxOptions = {}, own: Own = {}) {
  const pbx = await startPbx(options)
  t.after(() => pbx.stop())
  return { pbx, ...startClient(t, pbx.port, own) }
}

/** The same, once logged in. */
export async function startSession(t: TestContext, options: PbxOptions = {}, own: Own = {}) {
  const both = await startBoth(t, options, own)
  await until(() => isConnected(both.client))
  return both
}

/** Lets the next attempt begin, and no time after it. */
export function retry(client: AmiClient, clock: ManualClock): void {
  clock.advance((client.state.retryAt ?? 0) - clock.now())
}

export const isConnected = (client: AmiClient) => client.state.name === "connected"
