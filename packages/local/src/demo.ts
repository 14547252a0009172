import type { AmiTarget } from "@ringback/ami/session"
import type { Admin } from "./admin.ts"
import type { DemoCrm } from "./demo-crm/crm-server.ts"
import { startDemoPbx } from "./demo-pbx.ts"
import { startDemoReceiver } from "./demo-receiver.ts"
import { keepConnector, keepEndpoint, type KeptSource } from "./kept-source.ts"
import type { Shutdown } from "./shutdown.ts"
import type { TerminalOutput } from "./terminal-output.ts"

export type Demo = { receiverUrl: string; kept: KeptSource; ami: AmiTarget }

/** A PBX, a receiver and perhaps a CRM of our own, for that tenant; the collector between comes from the caller. */
export async function startDemo(
  admin: Admin,
  kept: KeptSource,
  output: TerminalOutput,
  shutdown: Shutdown,
  crm?: DemoCrm,
): Promise<Demo> {
  let secret: string | undefined
  const receiver = await startDemoReceiver(() => secret, output.webhook)
  shutdown.add(receiver.close)
  secret = await keepEndpoint(admin, kept, receiver.url)
  if (crm) await keepConnector(admin, kept, crm.token)
  const pbx = await startDemoPbx()
  shutdown.add(pbx.close)
  const { port, username, secret: amiSecret } = pbx
  const ami = { host: "127.0.0.1", port, username, secret: amiSecret }
  return { receiverUrl: receiver.url, kept, ami }
}
