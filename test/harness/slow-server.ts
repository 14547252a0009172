import { once } from "node:events"
import { connect, type Socket } from "node:net"
import { Worker } from "node:worker_threads"

// It listens, and accepts nothing until it is woken: its queue of connections, which holds one or two, is then full.
const BLOCKED = `
const { parentPort, workerData } = require("node:worker_threads")
const server = require("node:net").createServer((socket) => {
  socket.on("error", () => {}).write(workerData.greeting)
  socket.once("data", () => Atomics.store(workerData.gate, 0, 2))
})
server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
  parentPort.postMessage(server.address().port)
  Atomics.wait(workerData.gate, 0, 0)
})
`

/** A server on 127.0.0.1 whose network drops the first packet of a connection until it is woken. */
export async function startSlowServer(greeting: string) {
  const gate = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(BLOCKED, { eval: true, workerData: { gate, greeting } })
  const [port] = (await once(worker, "message")) as [number]
  const fillers: Socket[] = []
  // The system's queue is full once a connection is not made at once.
  for (let isFull = false; !isFull;) {
    const filler = connect(port, "127.0.0.1").on("error", () => {})
    fillers.push(filler)
    isFull = await Promise.race([
      once(filler, "connect").then(() => false),
      new Promise<boolean>((resolve) => setTimeout(resolve, 150, true)),
    ])
  }
  return {
    port,
    /** Packets pass from now on. */
    wake() {
      Atomics.store(gate, 0, 1)
      Atomics.notify(gate, 0)
    },
    /** Whether somebody answered the greeting. */
    isTalkedTo: () => Atomics.load(gate, 0) === 2,
    async close() {
      for (const filler of fillers) filler.destroy()
      await worker.terminate()
    },
  }
}
