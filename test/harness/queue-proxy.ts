import { once } from "node:events"
import { createServer, request as forward } from "node:http"
import type { AddressInfo } from "node:net"

type Entry = { Id: string; MessageBody: string }
type Verdict = { Code: string; SenderFault: boolean }

/** A queue's address through which calls can fail as SQS's do. */
export type QueueProxy = {
  url: string
  /** Calls seen, failed ones too. */
  calls: number
  /** How every call ends: `ok`; `down`: the connection breaks; `lost`: it is done, but its answer never comes. */
  mode: "ok" | "down" | "lost"
  /** Entries that fail within a call that succeeds. */
  judge: (entry: Entry) => Verdict | undefined
  close: () => Promise<void>
}

export async function startQueueProxy(queueUrl: string): Promise<QueueProxy> {
  const target = new URL(queueUrl)
  const server = createServer(async (request, response) => {
    proxy.calls++
    if (proxy.mode === "down") return request.socket.destroy()
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    let body = Buffer.concat(chunks)
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
    const headers = { ...request.headers, host: target.host, "content-length": body.length }
    const passed = forward({
      host: target.hostname,
      port: target.port,
      method: request.method,
      path: request.url,
      headers,
    })
    passed.end(body)
    const [answer] = (await once(passed, "response")) as [import("node:http").IncomingMessage]
    const parts: Buffer[] = []
    for await (const part of answer as AsyncIterable<Buffer>) parts.push(part)
    if (proxy.mode === "lost") return request.socket.destroy()
    let text = Buffer.concat(parts).toString()
    if (failed.length > 0) {
      const said = JSON.parse(text) as { Failed?: object[] }
      text = JSON.stringify({ ...said, Failed: [...(said.Failed ?? []), ...failed] })
    }
    response.writeHead(answer.statusCode ?? 500, { "content-type": "application/x-amz-json-1.0" })
    response.end(text)
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  const proxy: QueueProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${target.pathname}`,
    calls: 0,
    mode: "ok",
    judge: () => undefined,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return proxy
}
