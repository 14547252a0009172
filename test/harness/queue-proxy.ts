import { once } from "node:events"
import {
  createServer,
  type IncomingMessage,
  request as forward,
  type ServerResponse,
} from "node:http"
import type { AddressInfo } from "node:net"
import { buffer, text } from "node:stream/consumers"

type Entry = { Id: string; MessageBody: string }
type Verdict = { Code: string; SenderFault: boolean }

/** A queue's address through which calls can fail as SQS's do. */
export type QueueProxy = {
  url: string
  /** Calls seen, failed ones too. */
  calls: number
  /** How every call ends: `ok`; `down`: the connection breaks; `lost`: it is done, but its answer never comes. */
  mode: "ok" | "down" | "lost"
  /** The message groups of single messages, by which the queue is fair. */
  groups: (string | undefined)[]
  /** Entries that fail within a call that succeeds. */
  judge: (entry: Entry) => Verdict | undefined
  close: () => Promise<void>
}

export async function startQueueProxy(queueUrl: string): Promise<QueueProxy> {
  const target = new URL(queueUrl)
  // A client may be killed at any moment.
  const server = createServer((request, response) => {
    pass(request, response).catch(() => request.socket.destroy())
  })
  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    proxy.calls++
    if (proxy.mode === "down") return void request.socket.destroy()
    let body = await buffer(request)
    const failed: object[] = []
    if (String(request.headers["x-amz-target"]).endsWith("SendMessageBatch")) {
      const call = JSON.parse(body.toString()) as { Entries: Entry[]; QueueUrl: string }
      const passing = call.Entries.filter((entry) => {
        const verdict = proxy.judge(entry)
        if (verdict) failed.push({ Id: entry.Id, Message: "as the test says", ...verdict })
        return !verdict
      })
      if (passing.length === 0) {
        response.setHeader("content-type", "application/x-amz-json-1.0")
        response.end(JSON.stringify({ Successful: [], Failed: failed }))
        return
      }
      body = Buffer.from(JSON.stringify({ ...call, Entries: passing }))
    }
    if (String(request.headers["x-amz-target"]).endsWith("SendMessage")) {
      const { MessageGroupId } = JSON.parse(body.toString()) as { MessageGroupId?: string }
      proxy.groups.push(MessageGroupId)
    }
    const headers = { ...request.headers, host: target.host, "content-length": body.length }
    const passed = forward({
      host: target.hostname,
      port: target.port,
      method: request.method,
      path: request.url,
      headers,
    })
    passed.end(body)
    const [answer] = (await once(passed, "response")) as [IncomingMessage]
    let said = await text(answer)
    if (proxy.mode === "lost") return void request.socket.destroy()
    if (failed.length > 0) {
      const all = JSON.parse(said) as { Failed?: object[] }
      said = JSON.stringify({ ...all, Failed: [...(all.Failed ?? []), ...failed] })
    }
    response.writeHead(answer.statusCode ?? 500, { "content-type": "application/x-amz-json-1.0" })
    response.end(said)
  }
  await once(server.listen(0, "127.0.0.1"), "listening")
  const proxy: QueueProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${target.pathname}`,
    calls: 0,
    mode: "ok",
    groups: [],
    judge: () => undefined,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return proxy
}
