import * as Endpoint from "@ringback/store/endpoint"
import type { Table } from "@ringback/store/table"
import type { Outcome, Sender } from "@ringback/webhooks/send"
import { signatureHeaders } from "@ringback/webhooks/sign"

/** Signs a webhook and sends it to its endpoint, once. */
export function post(
  { table, sender }: { table: Table; sender: Pick<Sender, "send"> },
  endpoint: Endpoint.Endpoint,
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
