import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { makeSqs } from "@ringback/collector/sqs"

export type Sent = { Id: string; MessageBody: string; MessageGroupId: string }
/** An answer of SQS, or a status and the name of its error; null: the connection is cut. */
export type QueueAnswer =
  { Successful?: object[]; Failed?: object[] } | { status: number; error: string } | null

/** A queue that answers each request as a test decides, and the SDK's client of it. */
export async function startQueueServer(decide: (entries: Sent[]) => QueueAnswer) {
  const requests: Sent[][] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { Entries } = JSON.parse(Buffer.concat(chunks).toString()) as { Entries: Sent[] }
    requests.push(Entries)
    const answer = decide(Entries)
    if (answer === null) return void request.socket.destroy()
    const type = { "content-type": "application/x-amz-json-1.0" }
    if ("error" in answer) {
      const { status, error } = answer
      return void response
        .writeHead(status, type)
        .end(JSON.stringify({ __type: `com.amazonaws.sqs#${error}`, message: `it says ${error}` }))
    }
    response.writeHead(200, type).end(JSON.stringify(answer))
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/000000000000/ingest`
  const sqs = makeSqs("eu-central-1", url, {})
  const close = () => {
    sqs.destroy()
    server.closeAllConnections()
    server.close()
  }
  return { url, sqs, requests, close }
}

export const accept = ({ Id }: Sent) => ({ Id, MessageId: Id, MD5OfMessageBody: "" })
