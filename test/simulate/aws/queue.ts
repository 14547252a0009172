import type { Agenda } from "../engine/agenda.ts"
import { assumed } from "./assumptions.ts"

const NOISY_SHARE = assumed("noisyShare")
const NOISY_MESSAGES = assumed("noisyMessages")
const ARRIVES_MS = assumed("sqsMs")

/** A message group: what a fair queue knows of it. */
export type Group = { inFlight: number }

export type Outgoing<M> = { message: M; group: Group }
type Entry<M> = { message: M; group: Group; sentAt: number }

class Line<T> {
  #items: (T | undefined)[] = []
  #head = 0

  push(item: T): void {
    this.#items.push(item)
  }

  get first(): T | undefined {
    return this.#items[this.#head]
  }

  shift(): T | undefined {
    const first = this.#items[this.#head]
    if (first === undefined) return undefined
    this.#items[this.#head++] = undefined
    if (this.#head > 10_000 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return first
  }

  get length(): number {
    return this.#items.length - this.#head
  }
}

/**
 * A standard queue with message groups: oldest first, but the messages of a group that has a large part of what is in
 * flight come after everybody else's. Without the second criterion of SQS, the share of the time of processing.
 */
export class Queue<M> {
  readonly name: string
  onVisible: () => void = () => {}
  inFlight = 0
  delayed = 0
  /** The most that was visible at once. */
  mostVisible = 0
  sent = 0
  readonly #agenda: Agenda
  readonly visibilityMs: number
  #quiet = new Line<Entry<M>>()
  #noisy = new Line<Entry<M>>()

  constructor(name: string, agenda: Agenda, visibilityMs: number) {
    this.name = name
    this.#agenda = agenda
    this.visibilityMs = visibilityMs
  }

  get visible(): number {
    return this.#quiet.length + this.#noisy.length
  }

  /** All that is not deleted yet. */
  get backlog(): number {
    return this.visible + this.inFlight + this.delayed
  }

  /** Visible once they have arrived. The number of requests is the sender's matter. */
  send(messages: readonly Outgoing<M>[], at: number, delayMs = 0): void {
    if (messages.length === 0) return
    this.sent += messages.length
    this.delayed += messages.length
    this.#agenda.at(at + ARRIVES_MS + delayMs, () => {
      this.delayed -= messages.length
      for (const { message, group } of messages) this.#show(message, group)
      this.onVisible()
    })
  }

  receive(most: number): Entry<M>[] {
    const received: Entry<M>[] = []
    while (received.length < most) {
      const entry = this.#next()
      if (!entry) break
      entry.group.inFlight++
      this.inFlight++
      received.push(entry)
    }
    return received
  }

  delete({ group }: Entry<M>): void {
    group.inFlight--
    this.inFlight--
  }

  /** Not deleted: visible again when its time is over. */
  keep({ message, group }: Entry<M>): void {
    this.#agenda.after(this.visibilityMs, () => {
      group.inFlight--
      this.inFlight--
      this.#show(message, group)
      this.onVisible()
    })
  }

  #show(message: M, group: Group): void {
    this.#quiet.push({ message, group, sentAt: this.#agenda.now })
    this.mostVisible = Math.max(this.mostVisible, this.visible)
  }

  #next(): Entry<M> | undefined {
    const waiting = this.#noisy.first
    if (waiting && !this.#isNoisy(waiting.group)) {
      const first = this.#quiet.first
      if (!first || first.sentAt >= waiting.sentAt) return this.#noisy.shift()
    }
    for (;;) {
      const entry = this.#quiet.shift()
      if (!entry) return this.#noisy.shift()
      if (!this.#isNoisy(entry.group) || this.#quiet.length === 0) return entry
      this.#noisy.push(entry)
    }
  }

  #isNoisy({ inFlight }: Group): boolean {
    return inFlight >= NOISY_MESSAGES && inFlight > NOISY_SHARE * this.inFlight
  }
}
