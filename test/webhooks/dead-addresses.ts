import { once } from "node:events"
import net from "node:net"
import type { TestContext } from "node:test"
import { Worker } from "node:worker_threads"

// Listens on each address, says so, and never again does anything: nothing is ever accepted.
const BLOCKED = `
  const net = require("node:net")
  const { parentPort, workerData } = require("node:worker_threads")
  const { port, addresses } = workerData
  let listening = 0
  for (const host of addresses)
    net.createServer().listen({ port, host, backlog: 1 }, () => {
      if (++listening < addresses.length) return
      parentPort.postMessage("listening")
      setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0))
    })`

// Linux takes one more than the backlog, and drops the SYN of whoever comes then.
const FILLED_BY = 2

/** Makes addresses of loopback dead at that port, as behind a firewall that drops: a connection to them hangs. */
export async function makeDead(t: TestContext, port: number, addresses: string[]): Promise<void> {
  const worker = new Worker(BLOCKED, { eval: true, workerData: { port, addresses } })
  t.after(() => worker.terminate())
  await once(worker, "message")
  for (const host of addresses) {
    for (let count = 0; count < FILLED_BY; count++) {
      const socket = net.connect({ port, host }).on("error", () => {})
      t.after(() => socket.destroy())
      await once(socket, "connect")
    }
  }
}
