import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type ChildProcess, spawn } from "node:child_process"
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs"
import {
  type Collector,
  type CollectorOptions,
  startCollector,
} from "@ringback/collector/collector"
import { type IngestMessage, openMessage } from "@ringback/events/message"
import { formatSourceToken, makeSourceKey } from "@ringback/events/token"
import { makeId } from "@ringback/events/ids"
import type { Engine } from "@ringback/local/engine"
import { startSqs } from "@ringback/local/engines"
import { makeSqs } from "@ringback/collector/sqs"
import { credentials, region } from "./stack.ts"
import type { Pbx } from "./pbx.ts"

export function makeToken() {
  const token = {
    tenant: makeId("ten", Date.now()),
    source: makeId("src", Date.now()),
    ...makeSourceKey(),
  }
  return { ...token, text: formatSourceToken(token) }
}

/** A queue of our own, and all that ever came out of it, opened and verified. */
export class IngestQueue {
  readonly url: string
  readonly sqs: SQSClient
  readonly messages: IngestMessage[] = []
  readonly bodies: string[] = []
  readonly token = makeToken()
  #engine: Engine
  #port: number

  static async start(): Promise<IngestQueue> {
    const engine = await startSqs()
    const sqs = new SQSClient({
      region,
      credentials,
      endpoint: engine.url,
      useQueueUrlAsEndpoint: false,
      maxAttempts: 1,
    })
    const QueueName = `ingest${Math.random().toString(36).slice(2)}`
    await sqs.send(new CreateQueueCommand({ QueueName }))
    return new IngestQueue(engine, sqs, `${engine.url}/000000000000/${QueueName}`)
  }

  private constructor(engine: Engine, sqs: SQSClient, url: string) {
    this.#engine = engine
    this.#port = Number(new URL(engine.url).port)
    this.sqs = sqs
    this.url = url
  }

  get endpoint(): string {
    return this.#engine.url
  }

  get port(): number {
    return this.#port
  }

  get events() {
    return this.messages.filter((message) => message.kind === "event")
  }

  get gaps() {
    return this.messages.filter((message) => message.kind === "gap").map(({ gap }) => gap)
  }

  get heartbeats() {
    return this.messages.filter((message) => message.kind === "heartbeat")
  }

  /** Receives what is there. */
  async read(): Promise<this> {
    for (;;) {
      const { Messages = [] } = await this.sqs.send(
        new ReceiveMessageCommand({ QueueUrl: this.url, MaxNumberOfMessages: 10 }),
      )
      if (Messages.length === 0) return this
      for (const { Body = "" } of Messages) {
        const opened = openMessage(Body)
        if (!opened.ok || !opened.verify(this.token.key)) throw new Error(`not valid: ${Body}`)
        this.bodies.push(Body)
        this.messages.push(opened.message)
      }
      const Entries = Messages.map(({ ReceiptHandle }, index) => ({
        Id: String(index),
        ReceiptHandle,
      }))
      await this.sqs.send(new DeleteMessageBatchCommand({ QueueUrl: this.url, Entries }))
    }
  }

  async close(): Promise<void> {
    this.sqs.destroy()
    await this.#engine.close()
  }
}

export function makeSpoolDir(): { dir: string; remove: () => void } {
  const dir = mkdtempSync(join(tmpdir(), "ringback-collector-"))
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true, maxRetries: 10 }) }
}

export type LogLine = { event: string } & Record<string, unknown>

/** A collector in this process, with its log. */
export async function runCollector(
  pbx: Pbx,
  queue: { url: string; token: { text: string } },
  spoolDir: string,
  options: Partial<CollectorOptions> = {},
): Promise<Collector & { lines: LogLine[] }> {
  const lines: LogLine[] = []
  const collector = await startCollector({
    ami: pbx.target,
    sourceToken: queue.token.text,
    ingestQueueUrl: queue.url,
    sqs: makeSqs(region, options.ingestQueueUrl ?? queue.url, {}),
    spoolDir,
    log: (event, fields) => void lines.push({ event, ...fields }),
    ...options,
  })
  return Object.assign(collector, { lines })
}

export const mainPath = new URL("../../packages/collector/src/main.ts", import.meta.url).pathname

/** The environment of a collector as a process of its own. */
export function collectorEnvironment(pbx: Pbx, queue: IngestQueue, spoolDir: string) {
  return {
    PATH: process.env["PATH"],
    AMI_HOST: pbx.target.host,
    AMI_PORT: String(pbx.target.port),
    AMI_USERNAME: pbx.target.username,
    AMI_SECRET: pbx.target.secret,
    RINGBACK_SOURCE_TOKEN: queue.token.text,
    RINGBACK_INGEST_QUEUE_URL: queue.url,
    RINGBACK_SPOOL_DIR: spoolDir,
    RINGBACK_HEALTH_PORT: "0",
  }
}

// A mutation run changes and measures this process as well.
const MUTATION = ["MUTANT", "NODE_OPTIONS", "NODE_V8_COVERAGE"]
const mutationOf = ({ env }: NodeJS.Process): NodeJS.ProcessEnv =>
  Object.fromEntries(MUTATION.flatMap((name) => (env[name] ? [[name, env[name]]] : [])))

export function spawnCollector(environment: NodeJS.ProcessEnv, ...args: string[]): ChildProcess {
  // As `npm run collector` and the container start it.
  return spawn(process.execPath, ["--max-semi-space-size=8", mainPath, ...args], {
    env: { ...mutationOf(process), ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  })
}

/** Runs to its end. */
export async function runProcess(environment: NodeJS.ProcessEnv, ...args: string[]) {
  const child = spawnCollector(environment, ...args)
  const output = { stdout: "", stderr: "" }
  child.stdout!.on("data", (chunk: Buffer) => (output.stdout += chunk.toString()))
  child.stderr!.on("data", (chunk: Buffer) => (output.stderr += chunk.toString()))
  const [code] = (await once(child, "close")) as [number | null]
  return { ...output, code }
}
