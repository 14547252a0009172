import type { Admin } from "./admin.ts"
import type { DataDir } from "./data-dir.ts"
import { startDemoPbx } from "./demo-pbx.ts"
import { startDemoReceiver } from "./demo-receiver.ts"
import { keepEndpoint, keepSource } from "./kept-source.ts"
import type { Pbx } from "./local-collector.ts"
import type { Shutdown } from "./shutdown.ts"
import type { Story } from "./story.ts"

export type Demo = { receiverUrl: string; token: string; pbx: Pbx }

/** A PBX of our own and a receiver of our own, for a tenant `demo`; the collector between comes from the caller. */
export async function startDemo(
  admin: Admin,
  dir: DataDir,
  story: Story,
  shutdown: Shutdown,
): Promise<Demo> {
  const kept = await keepSource(admin, dir, "demo")
  let secret: string | undefined
  const receiver = await startDemoReceiver(() => secret, story.webhook)
  shutdown.add(receiver.close)
  secret = await keepEndpoint(admin, kept, receiver.url)
  const pbx = await startDemoPbx()
  shutdown.add(pbx.close)
  return { receiverUrl: receiver.url, token: kept.token, pbx: { host: "127.0.0.1", ...pbx } }
}
