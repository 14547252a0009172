import { EventEmitter } from "node:events"
import { createRequire } from "node:module"
import net from "node:net"
import { Duplex } from "node:stream"
import { AmiClient } from "@ringback/ami/client"
import { systemClock } from "@ringback/ami/clock"
import { header, writeMessage } from "@ringback/ami/message"
import { AmiParser } from "@ringback/ami/parser"
import { cutInto, makeLargeEvent, makeStream } from "./ami-stream.ts"

// One process for each run, told what to do by its arguments, so that no client runs on what another left behind.
export type AmiRun = {
  events: number
  dropped: number
  seconds: number
  /** Of all threads: what a busy machine does not blur. */
  cpuSeconds: number
  memoryMb: number[]
}

const BURST_BYTES = 64 * 1024
// In work, not by the clock: on a busy machine a second holds too little to have warmed anything up.
const WARM_CPU_SECONDS = 1
const CPU_SECONDS = 1
const BANNER = "Asterisk Call Manager/2.10.6\r\n"

/** The socket that all three clients are given: what is pushed is read at once, and any login is accepted. */
class Wire extends Duplex {
  readonly #actions = new AmiParser()
  override _read() {}
  override _write(chunk: Buffer, _encoding: string, done: () => void) {
    for (const action of this.#actions.push(chunk)) {
      const ActionID = header(action, "ActionID") ?? ""
      const reply = { Response: "Success", ActionID, Challenge: "1", Ping: "Pong" }
      this.push(writeMessage(Object.entries(reply)))
    }
    done()
  }
  setKeepAlive = () => this
  setNoDelay = () => this
  readyState = "open"
}

/** What has passed since, on the wall and in work. */
function startWatch() {
  const at = performance.now()
  const cpu = process.cpuUsage()
  return () => {
    const { user, system } = process.cpuUsage(cpu)
    return { seconds: (performance.now() - at) / 1_000, cpuSeconds: (user + system) / 1e6 }
  }
}

type Count = { events: number; dropped: number }

const clients: Record<string, (count: Count) => void> & { ringback: (count: Count) => void } = {
  ringback(count) {
    new AmiClient({
      host: "pbx",
      username: "u",
      secret: "s",
      clock: { ...systemClock, schedule: () => () => {} },
      // The pairs are made when they are asked for.
      onMessage: ({ headers }) => void (headers.length > 0 && count.events++),
      onDropped: () => count.dropped++,
    })
  },
  "asterisk.io"(count) {
    const connect = require("asterisk.io").ami as (...login: unknown[]) => EventEmitter
    connect("pbx", 5038, "u", "s").on("eventAny", () => count.events++)
  },
  "asterisk-manager"(count) {
    const Manager = require("asterisk-manager") as new (...login: unknown[]) => EventEmitter
    new Manager(5038, "pbx", "u", "s", true).on("managerevent", () => count.events++)
  },
}

const require = createRequire(import.meta.url)

// A client and the size of its reads; or `memory` and how many events, `large` and how many bytes, both for ours.
async function main([mode = "", amount = ""]: string[]): Promise<AmiRun> {
  const wire = new Wire({ readableHighWaterMark: BURST_BYTES })
  Object.assign(net, { connect: () => wire, createConnection: () => wire })
  const count = { events: 0, dropped: 0 }
  const connect = clients[mode]
  ;(connect ?? clients.ringback)(count)
  await tick()
  wire.emit("connect")
  wire.push(BANNER)
  await tick()
  if (connect) return runFor(wire, count, Number(amount))
  if (mode === "memory") return runMany(wire, count, Number(amount))
  // A session that has lived for a while, as those have that meet such an event.
  await runFor(wire, count, 1_400)
  count.events = 0
  return runLarge(wire, count, Number(amount))
}

async function runFor(wire: Wire, count: Count, size: number): Promise<AmiRun> {
  const stream = makeStream()
  const chunks = cutInto(stream.bytes, size)
  const pass = async () => {
    let unread = 0
    for (const chunk of chunks) {
      wire.push(chunk)
      if ((unread += chunk.length) < BURST_BYTES) continue
      unread = 0
      await tick()
    }
    await tick()
  }
  const warmUp = startWatch()
  while (warmUp().cpuSeconds < WARM_CPU_SECONDS) await pass()
  count.events = 0
  let passes = 0
  const watch = startWatch()
  while (watch().cpuSeconds < CPU_SECONDS) {
    await pass()
    passes++
  }
  const took = watch()
  const expected = passes * stream.events
  // A client that is paused or that waits for another tick may be a few events late, or early.
  if (Math.abs(count.events - expected) > stream.events) {
    throw new Error(`read ${count.events} of ${expected} events`)
  }
  return { ...count, ...took, memoryMb: [] }
}

async function runMany(wire: Wire, count: Count, events: number): Promise<AmiRun> {
  const stream = makeStream()
  const chunks = cutInto(stream.bytes, 1_400)
  const watch = startWatch()
  const memoryMb: number[] = []
  while (count.events < events) {
    for (const chunk of chunks) wire.push(chunk)
    await tick()
    if (count.events < (memoryMb.length + 1) * (events / 10)) continue
    global.gc?.()
    memoryMb.push(process.memoryUsage.rss() / 1e6)
  }
  return { ...count, ...watch(), memoryMb }
}

async function runLarge(wire: Wire, count: Count, bytes: number): Promise<AmiRun> {
  const chunks = cutInto(makeLargeEvent(bytes), 1_400)
  const watch = startWatch()
  for (const [index, chunk] of chunks.entries()) {
    wire.push(chunk)
    if (index % 40 === 0) await tick()
  }
  while (count.events + count.dropped === 0) await tick()
  return { ...count, ...watch(), memoryMb: [] }
}

function tick(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve))
}

console.log(JSON.stringify(await main(process.argv.slice(2))))
process.exit()
