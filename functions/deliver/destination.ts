import * as Endpoint from "@ringback/store/endpoint"
import type { Table } from "@ringback/store/table"
import type { Outcome, Sender } from "@ringback/webhooks/send"
import { signatureHeaders } from "@ringback/webhooks/sign"

/** Sends an event to where its endpoint says: once, as a signed webhook over HTTP. Another kind of destination begins here. */
export function sendTo(
  { table, sender }: { table: Table; sender: Pick<Sender, "send"> },
  endpoint: Endpoint.Posted,
  { id, body }: { id: string; body: string },
): Promise<Outcome> {
  const signature = signatureHeaders({
    id,
    timestampSeconds: Math.floor(table.now() / 1000),
    body,
    secrets: Endpoint.openSecrets(table, endpoint),
  })
  const { id: endpointId, url, allowedLoopback, headers } = endpoint
  const all = { ...headers, ...signature, "content-type": "application/json" }
  return sender.send({ endpointId, url, allowedLoopback, headers: all, body })
}
