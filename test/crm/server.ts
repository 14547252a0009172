import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import type { Answered, Asked } from "@ringback/local/demo-crm/asked"
import { readAsked } from "@ringback/local/demo-crm/read-asked"

/** What happens to a request on its way: nothing, it is lost, its answer is lost, or another answer comes. */
export type Fault = "none" | "request lost" | "answer lost" | Answered

export type CrmServer = {
  url: string
  asked: Asked[]
  /** What the checker found wrong, over all requests. */
  problems: string[]
  /** Decides the fault of each request; undefined: none. */
  faults: ((asked: Asked) => Fault | Promise<Fault>) | undefined
  close: () => Promise<void>
}

/** A stand-in on loopback. */
export async function serveCrm(
  answer: (asked: Asked) => Answered,
  check: (asked: Asked) => string[] = () => [],
): Promise<CrmServer> {
  const server = createServer(async (request, response) => {
    const asked = await readAsked(request)
    crm.asked.push(asked)
    crm.problems.push(...check(asked).map((each) => `${asked.method} ${asked.path}: ${each}`))
    const fault = (await crm.faults?.(asked)) ?? "none"
    if (fault === "request lost") return void request.socket.destroy()
    const answered = typeof fault === "object" ? fault : answer(asked)
    if (fault === "answer lost") return void request.socket.destroy()
    const { status, headers = {}, body } = answered
    const isText = typeof body === "string"
    response.writeHead(status, {
      "content-type": isText ? "text/html" : "application/json",
      ...headers,
    })
    response.end(body === undefined ? undefined : isText ? body : JSON.stringify(body))
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  const crm: CrmServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    problems: [],
    faults: undefined,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, "close")
    },
  }
  return crm
}
