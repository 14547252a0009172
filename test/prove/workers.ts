import { DeleteMessageBatchCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs"
import type { SQSRecord } from "aws-lambda"
import { makeContext, makeRecord } from "@ringback/local/lambda"
import {
  queues,
  releaseTimeoutSeconds,
  visibilitySeconds,
  type QueueName,
} from "../../infra/facts.ts"
import { handlersOf, type Deps } from "../harness/system.ts"
import { Invocation, run } from "./invocation.ts"
import { addTo } from "./tally.ts"
import type { World } from "./world.ts"

const names = Object.keys(queues) as QueueName[]

// Instances that are kept for the next invocations, with what they have cached.
const KEPT = 3
const RECEIVES = 3
const DAY_MS = 24 * 3600 * 1000

type Batch = { name: QueueName; records: SQSRecord[]; isLate?: boolean }

/** Lambda and its pollers, in weather: invocations side by side that die, batches in any order, twice, late. */
export class Workers {
  readonly #world: World
  // As on Lambda an instance has one invocation at a time: what one of them reads into its cache dies with it.
  readonly #idle: Deps[] = []
  #late: (Batch & { at: number })[] = []
  #count = 0

  constructor(world: World) {
    this.#world = world
  }

  /** Receives what is visible in any queue and has it worked on, all side by side. How many messages that were. */
  async pump(): Promise<number> {
    const { chance } = this.#world
    const sweep = this.#count
    const batches = this.#comeLate()
    const visible = names.filter((name) => this.#world.mail.mayHave(name))
    for (const name of chance.shuffle(visible, "queues", sweep)) {
      const records = await this.#receive(name)
      const mixed = chance.shuffle(records, "mix", name, sweep)
      const { batchSize } = queues[name]
      for (let start = 0; start < mixed.length; start += batchSize) {
        batches.push({ name, records: mixed.slice(start, start + batchSize) })
      }
    }
    const all = batches.flatMap((batch, index) => {
      const isTwice = chance.is(this.#world.weather().twice, "twice", sweep, index)
      if (isTwice) addTo(this.#world.faults, "handed out twice at once")
      return isTwice ? [batch, batch] : [batch]
    })
    await Promise.all(all.map((batch) => this.#work(batch)))
    return all.length
  }

  /** `release`, as its schedule runs it; now and then the schedule runs it twice. */
  async release(): Promise<void> {
    const times = this.#world.chance.is(this.#world.weather().twice, "released", this.#count)
      ? 2
      : 1
    if (times === 2) addTo(this.#world.faults, "release run twice at once")
    await Promise.all(
      Array.from({ length: times }, () =>
        this.invoke("release", 12, (deps) =>
          handlersOf(deps).release({}, makeContext(releaseTimeoutSeconds * 1000)),
        ),
      ),
    )
  }

  /** Runs it in one of the workers, which may die of it. */
  async invoke<T>(
    kind: string,
    awaits: number,
    work: (deps: Deps) => Promise<T>,
  ): Promise<T | undefined> {
    const { chance, weather, faults } = this.#world
    const name = `${kind}${this.#count++}`
    const crash = chance.is(weather().crash, "crash", name)
      ? {
          at: chance.between(1, awaits, "crash at", name),
          isBefore: chance.is(0.5, "before", name),
        }
      : undefined
    const at = chance.between(0, KEPT - 1, "worker", name)
    const worker = this.#idle.splice(at, 1)[0] ?? this.#world.makeWorker()
    this.#world.log("invoked", { name, crash })
    const ended = await run(new Invocation(name, crash), () => work(worker))
    if (ended.outcome === "died")
      addTo(faults, `crash ${crash!.isBefore ? "before" : "after"} a call`)
    else if (this.#idle.length < KEPT) this.#idle.push(worker)
    if (ended.outcome === "failed") addTo(faults, "function failed")
    return ended.outcome === "answered" ? ended.answer : undefined
  }

  async #receive(name: QueueName): Promise<SQSRecord[]> {
    const { url } = this.#world.stack.queues[name]
    const records: SQSRecord[] = []
    for (let turn = 0; turn < RECEIVES; turn++) {
      const { Messages = [] } = await this.#world.sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: url,
          MaxNumberOfMessages: 10,
          MessageSystemAttributeNames: ["All"],
          MessageAttributeNames: ["All"],
        }),
      )
      records.push(...Messages.map((message) => makeRecord(message, url)))
      if (Messages.length === 10) continue
      this.#world.mail.isEmpty(name)
      break
    }
    return records
  }

  async #work(batch: Batch): Promise<void> {
    const { chance, weather, faults, mail } = this.#world
    const { name, records, isLate } = batch
    const sweep = `${name}${this.#count}`
    const done = await this.#answered(batch, sweep)
    if (isLate) return
    if (done.length > 0 && chance.is(weather().undeleted, "undeleted", sweep))
      addTo(faults, "deletion lost")
    else {
      await this.#remove(name, done)
      if (done.length === records.length) return this.#keepSome({ name, records: done })
    }
    mail.comesAgain(name, Date.now() + visibilitySeconds(queues[name]) * 1000)
  }

  /** Which of the batch the function is done with. */
  async #answered({ name, records }: Batch, sweep: string): Promise<SQSRecord[]> {
    const { chance, weather, faults } = this.#world
    if (chance.is(weather().dropped, "dropped", sweep)) {
      addTo(faults, "received by nobody")
      this.#count++
      return []
    }
    const context = makeContext(queues[name].timeoutSeconds * 1000)
    const answer = await this.invoke(name, 3 * records.length + 3, (deps) =>
      handlersOf(deps)[name]({ Records: records }, context),
    )
    if (!answer) return []
    const stays = new Set(answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))
    return records.filter(({ messageId }) => !stays.has(messageId))
  }

  async #remove(name: QueueName, records: SQSRecord[]): Promise<void> {
    if (records.length === 0) return
    const Entries = records.map(({ receiptHandle: ReceiptHandle }, index) => ({
      Id: String(index),
      ReceiptHandle,
    }))
    const { url } = this.#world.stack.queues[name]
    await this.#world.sqs.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries }))
  }

  /** What SQS will hand out once more although it was deleted. */
  #keepSome({ name, records }: Batch): void {
    const { chance, weather, agenda } = this.#world
    for (const record of records) {
      const what = ["late", name, record.messageId] as const
      if (!chance.is(weather().late, ...what)) continue
      const at = Date.now() + Math.floor(chance.of("so late", ...what) ** 4 * 2 * DAY_MS)
      this.#late.push({ at, name, records: [record], isLate: true })
      agenda.add(at)
    }
  }

  #comeLate(): Batch[] {
    const come = this.#late.filter(({ at }) => at <= Date.now())
    this.#late = this.#late.filter(({ at }) => at > Date.now())
    for (const _ of come) addTo(this.#world.faults, "handed out late once more")
    return come
  }
}
