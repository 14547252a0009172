import { formatTraceparent } from "@ringback/events/trace"
import * as Endpoint from "@ringback/store/endpoint"
import type { Table } from "@ringback/store/table"
import type { Outcome, Sender } from "@ringback/webhooks/send"
import { signatureHeaders } from "@ringback/webhooks/sign"

/**
 * Sends an event to where its endpoint says: once, as a signed webhook over HTTP; `span` is that of this attempt. Another kind
 * of destination begins here.
 */
export function sendTo(
  { table, sender }: { table: Table; sender: Pick<Sender, "send"> },
  endpoint: Endpoint.Posted,
  { id, body, trace, span }: { id: string; body: string; trace: string; span: string },
): Promise<Outcome> {
  const signature = signatureHeaders({
    id,
    timestampSeconds: Math.floor(table.now() / 1000),
    body,
    secrets: Endpoint.openSecrets(table, endpoint),
  })
  const { id: endpointId, url, allowedLoopback, headers } = endpoint
  const traceparent = formatTraceparent(trace, span)
  const all = { ...headers, ...signature, traceparent, "content-type": "application/json" }
  return sender.send({ endpointId, url, allowedLoopback, headers: all, body })
}
