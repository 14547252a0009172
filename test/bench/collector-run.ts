import { mkdtempSync, rmSync } from "node:fs"
import net from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { Duplex } from "node:stream"
import { AmiClient } from "@ringback/ami/client"
import { header, writeMessage } from "@ringback/ami/message"
import { AmiParser } from "@ringback/ami/parser"
import { type Draft, finish, makeEnvelope } from "@ringback/collector/envelope"
import { Intake } from "@ringback/collector/intake"
import { Losses } from "@ringback/collector/gaps/losses"
import { Selection } from "@ringback/collector/selection"
import { openStorage } from "@ringback/collector/spool/storage"
import { makeToken } from "../harness/collector.ts"
import { cutInto, makeStream } from "./ami-stream.ts"

// One process for each run: `spool` (the collector's own path, from the socket's reads to the disk) or `sqlite` (the same
// with rows of node:sqlite in place of the spool), reads of so many bytes.
type CollectorRun = { events: number; seconds: number; cpuSeconds: number }

const MEGABYTE = 1_048_576
const GROUP_MS = 10
// In work, as in ami-run.ts.
const WARM_CPU_SECONDS = 1
const CPU_SECONDS = 1

/** A socket that reads what is pushed, at once, and lets anybody in. */
class Wire extends Duplex {
  readonly #actions = new AmiParser()
  override _read() {}
  override _write(chunk: Buffer, _encoding: string, done: () => void) {
    for (const action of this.#actions.push(chunk)) {
      const ActionID = header(action, "ActionID") ?? ""
      this.push(writeMessage(Object.entries({ Response: "Success", ActionID, Challenge: "1" })))
    }
    done()
  }
  setKeepAlive = () => this
  setNoDelay = () => this
}

const tick = () => new Promise<void>((resolve) => void setImmediate(resolve))
const [mode = "", size = ""] = process.argv.slice(2)
const dir = mkdtempSync(join(tmpdir(), "ringback-bench-"))
const wire = new Wire({ readableHighWaterMark: 65_536 })
Object.assign(net, { connect: () => wire, createConnection: () => wire })
const storage = await openStorage({ dir, maxBytes: 2_000 * MEGABYTE, log: () => {}, now: Date.now })
const { spool } = storage
const { tenant, source } = makeToken()
const envelope = makeEnvelope({ tenant, source, collector: storage.collector })
const { known } = storage
const rows = mode === "sqlite" ? openRows() : undefined
const intake = new Intake({
  spool: rows ?? spool,
  envelope,
  losses: new Losses(() => {}),
  known,
  selection: new Selection([]),
})
let events = 0
new AmiClient({
  host: "pbx",
  username: "u",
  secret: "s",
  onMessage: (message, receivedAt) => void (intake.take(message, receivedAt) && events++),
})
await tick()
wire.emit("connect")
wire.push("Asterisk Call Manager/2.10.6\r\n")
await tick()

const chunks = cutInto(makeStream().bytes, Number(size))
await runFor(WARM_CPU_SECONDS)
console.log(JSON.stringify(await runFor(CPU_SECONDS)))
rmSync(dir, { recursive: true })
process.exit()

async function runFor(limit: number): Promise<CollectorRun> {
  const before = events
  const startedAt = performance.now()
  const cpu = process.cpuUsage()
  const cpuSeconds = () => {
    const { user, system } = process.cpuUsage(cpu)
    return (user + system) / 1e6
  }
  while (cpuSeconds() < limit) {
    let unread = 0
    for (const chunk of chunks) {
      wire.push(chunk)
      if ((unread += chunk.length) < 65_536) continue
      unread = 0
      await tick()
      acknowledge()
    }
  }
  await spool.flush()
  acknowledge()
  const took = (performance.now() - startedAt) / 1_000
  return { events: events - before, seconds: took, cpuSeconds: cpuSeconds() }
}

/** As if the queue had taken all that is on the disk. */
function acknowledge(): void {
  for (let taken; (taken = spool.take(10_000, 8 * MEGABYTE)).length > 0;) spool.done(taken)
}

/** The same promise in SQLite: WAL, flushed at each commit, a commit for each group. */
function openRows() {
  const database = new DatabaseSync(join(dir, "rows.sqlite"))
  database.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL")
  database.exec("CREATE TABLE messages (place INTEGER PRIMARY KEY, json TEXT NOT NULL)")
  const insert = database.prepare("INSERT INTO messages (json) VALUES (?)")
  const remove = database.prepare("DELETE FROM messages WHERE place <= ?")
  let group: string[] = []
  let place = 0
  let flushedAt = performance.now()
  const line = { bytes: Buffer.alloc(0), from: 0, to: 0 }
  const append = (json: Draft | string) => {
    group.push(typeof json === "string" ? json : finish(json.head, json.message))
    if (performance.now() - flushedAt < GROUP_MS) return line
    database.exec("BEGIN")
    for (const each of group) place = Number(insert.run(each).lastInsertRowid)
    remove.run(place - group.length)
    database.exec("COMMIT")
    group = []
    flushedAt = performance.now()
    return line
  }
  return { append } as typeof spool
}
