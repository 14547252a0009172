import "./globals.ts"
import type { AmiTarget } from "@ringback/ami/session"
import type { Collector } from "@ringback/collector/collector"
import type { CollectorSettings } from "@ringback/collector/settings"
import type { Chance } from "../chance.ts"
import { credentials } from "./ami-server.ts"
import { Disk } from "./disk.ts"
import { Host } from "./globals.ts"
import type { Pbx } from "./pbx.ts"
import { currentProcess, type Simulation } from "./simulation.ts"
import { makeQueueClient } from "./queue-client.ts"
import type { LogLine, Workers } from "./workers.ts"

// After globals.ts has run.
const { check } = await import("@ringback/collector/check")
const { startCollector } = await import("@ringback/collector/collector")

type Surroundings = {
  simulation: Simulation
  chance: Chance
  pbx: Pbx
  workers: Workers
  /** SQS, as the collectors can reach it. */
  queue: { isAway: boolean }
  sourceToken: string
  log: (who: string, event: string, fields?: object) => void
}

const ami: AmiTarget = { host: "192.0.2.1", port: 5038, ...credentials }

/** A host with a collector on it: what happens to both. */
export class Machine {
  readonly name: string
  readonly disk = new Disk(currentProcess)
  readonly lines: LogLine[] = []
  readonly #around: Surroundings
  readonly #skewMs: number
  #process: Host | undefined
  #collector: Collector | undefined
  #count = 0
  isStopping = false
  /** When the queue took what says how far this collector has read: its heartbeats, and the reports of its gaps. */
  readonly reportedAt: number[] = []
  /** Told when its process is gone. */
  onEnd = () => {}

  constructor(name: string, skewMs: number, around: Surroundings) {
    this.name = name
    this.#skewMs = skewMs
    this.#around = around
  }

  get isUp(): boolean {
    return this.#process !== undefined
  }

  get isFrozen(): boolean {
    return this.#process?.isFrozen ?? false
  }

  /** Whether it hears the PBX at the moment, and goes on with what it hears. */
  get isReading(): boolean {
    const process = this.#process
    return process !== undefined && !process.isFrozen && this.#around.pbx.isHeardBy(process)
  }

  start(): void {
    if (this.#process) return
    const process = this.#makeProcess()
    this.#process = process
    const { sourceToken } = this.#around
    const options = { ami, sourceToken, ingestQueueUrl: "ingest", spoolDir: "/spool" }
    process.run(() => {
      void startCollector({
        ...options,
        sqs: this.#queueOf(process, (body) => this.#noteReport(body)),
        log: (event, fields) => this.#log(event, fields),
        clock: this.#clockOf(process),
      }).then(
        (collector) => (this.#collector = collector),
        (error: Error) => this.#log("MODEL: it did not start", { reason: error.stack }),
      )
    })
  }

  kill(): void {
    const process = this.#process
    if (!process) return
    process.kill()
    this.isStopping = false
    this.#around.pbx.leave(process)
    this.#process = undefined
    this.#collector = undefined
    this.onEnd()
  }

  /** As SIGTERM does it; when it is done the process ends. */
  stop(): void {
    const process = this.#process
    const collector = this.#collector
    if (!process || !collector) return this.kill()
    if (this.isStopping) return
    this.isStopping = true
    process.schedule(
      0,
      () =>
        void collector.stop().then(() => {
          if (this.#process === process) this.kill()
        }),
      "io",
    )
  }

  freeze(): void {
    this.#process?.freeze()
    this.#around.pbx.onChange()
  }

  thaw(): void {
    const { chance } = this.#around
    this.#process?.thaw(chance.pick(["timer", "io"], "thaw", this.name, ++this.#count))
    this.#around.pbx.onChange()
  }

  /** `npm run collector -- --check`, beside the one that runs. */
  check(): void {
    const process = this.#makeProcess()
    const { sourceToken } = this.#around
    const settings = {
      ami,
      sourceToken,
      ingestQueueUrl: "ingest",
      spoolDir: "/spool",
    } as unknown as CollectorSettings
    const end = () => {
      process.kill()
      this.#around.pbx.leave(process)
    }
    process.run(() => {
      void check(settings, this.#queueOf(process), (line) => this.#log("check", { line })).then(
        end,
        (error: Error) => {
          this.#log("MODEL: the check failed", { reason: error.stack })
          end()
        },
      )
    })
  }

  cut(): void {
    if (this.#process) this.#around.pbx.cut(this.#process)
  }

  #makeProcess(): Host {
    const { simulation, chance, pbx } = this.#around
    return new Host({
      simulation,
      disk: this.disk,
      connect: (process) => pbx.connect(process),
      random: () => chance.of("random", this.name, ++this.#count),
      skewMs: this.#skewMs,
    })
  }

  #noteReport(body: string): void {
    if (/"kind":"(heartbeat|gap)"/.test(body)) this.reportedAt.push(this.#around.simulation.now)
  }

  #queueOf(process: Host, onTaken?: (body: string) => void) {
    const { chance, workers, queue } = this.#around
    const delayMs = (way: string) => chance.between(2, 30, way, this.name, ++this.#count)
    return makeQueueClient(process, { workers, queue, delayMs, ...(onTaken && { onTaken }) })
  }

  #clockOf(process: Host) {
    return {
      now: () => process.now(),
      schedule: (delayMs: number, run: () => void) => process.schedule(delayMs, run, "timer"),
      random: process.random,
    }
  }

  #log(event: string, fields?: Record<string, unknown>): void {
    this.lines.push({ event, ...fields })
    if (event !== "collector.minute") this.#around.log(this.name, event, fields)
  }
}
