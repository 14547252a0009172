import { type Action, writeAction } from "./action.ts"
import type { Clock } from "./clock.ts"
import { AmiError } from "./errors.ts"
import { type AmiMessage, header, isSecondNamed } from "./message.ts"
import type { PeerClock } from "./peer-clock.ts"
import type { Tuning } from "./tuning.ts"

/** A list's rows and its final event, or the response that refused it. */
export type ListResult =
  { ok: true; rows: AmiMessage[]; complete: AmiMessage } | { ok: false; response: AmiMessage }

/** Called with the result of an action, within the read that brought the answer. */
type Settle<T> = (error: AmiError | null, answer?: T) => void

type Question = {
  action: Action
  id: string
  askedAt: number
  rows: AmiMessage[] | null
  rowBytes: number
  settle: Settle<AmiMessage>
  settleList: Settle<ListResult>
}

type Surroundings = {
  clock: Clock
  tuning: Tuning
  /** Updated by each answer to a Ping. */
  peerClock?: PeerClock | undefined
  /**
   * The prefix of this session's ActionIDs. Unpredictable, because a UserEvent may carry any
   * ActionID.
   */
  idPrefix: string
  write: (text: string) => void
  /** Called when the peer did not answer in time. */
  onSilent: (action: string) => void
}

// A timer this late means that the process was suspended. The answer may be waiting unread.
const LATE_MS = 1_000
const GRACE_MS = 2_000
// Answers queue behind the session's events. If this much was read before the deadline, the peer is
// not silent.
const BACKLOG_BYTES = 256 * 1024

// Lists are kept in memory until they end, and a PBX might never end one.
const MEGABYTE = 1_048_576
const MAX_ROWS = 20_000
const MAX_LIST_BYTES = 16 * MEGABYTE

const LOGIN_ACTIONS = new Set(["Challenge", "Login"])

const nothing = () => {}

/** Sends actions over one session, one at a time, each with a deadline. Independent of sockets. */
export class Dialogue {
  readonly #around: Surroundings
  readonly #waiting: Question[] = []
  #asked: Question | undefined
  #count = 0
  #cancelDeadline = nothing
  #bytesSinceArmed = 0
  #ended: AmiError | undefined

  constructor(around: Surroundings) {
    this.#around = around
  }

  get isIdle(): boolean {
    return !this.#asked
  }

  ask(action: Action, settle: Settle<AmiMessage>): void {
    this.#add({ ...this.#makeQuestion(action), settle })
  }

  askList(action: Action, settleList: Settle<ListResult>): void {
    this.#add({ ...this.#makeQuestion(action), rows: [], settleList })
  }

  /** Whether the message belonged to an action. If not, the caller handles it. */
  accept(message: AmiMessage): boolean {
    if (message.kind === "response") return this.#acceptResponse(message)
    return message.kind === "event" && this.#acceptRow(message)
  }

  noteRead(bytes: number): void {
    this.#bytesSinceArmed += bytes
  }

  /** No more answers will arrive. */
  end(error: AmiError): void {
    this.#ended = error
    this.#cancelDeadline()
    const open = [...(this.#asked ? [this.#asked] : []), ...this.#waiting.splice(0)]
    this.#asked = undefined
    for (const question of open) fail(question, error)
  }

  #makeQuestion(action: Action): Question {
    const id = `${this.#around.idPrefix}${++this.#count}`
    const settles = { settle: nothing, settleList: nothing }
    return { action, id, askedAt: 0, rows: null, rowBytes: 0, ...settles }
  }

  #add(question: Question): void {
    if (this.#ended) return fail(question, this.#ended)
    this.#waiting.push(question)
    this.#askNext()
  }

  #askNext(): void {
    const question = this.#asked ? undefined : this.#waiting.shift()
    if (!question) return
    let text: string
    try {
      text = writeAction(question.action, question.id)
    } catch (error) {
      fail(question, error as AmiError)
      return this.#askNext()
    }
    this.#asked = question
    question.askedAt = this.#around.clock.now()
    this.#arm()
    this.#around.write(text)
  }

  #acceptResponse(message: AmiMessage): boolean {
    const asked = this.#asked
    if (!asked) return false
    if (!isAnswerTo(asked, message)) return false
    const { clock, peerClock } = this.#around
    if (asked.action.Action === "Ping") peerClock?.note(message, asked.askedAt, clock.now())
    if (!asked.rows) this.#settle((question) => question.settle(null, message))
    else if (message.name.toLowerCase() === "error") {
      this.#settle((question) => question.settleList(null, { ok: false, response: message }))
    } else this.#arm()
    return true
  }

  #acceptRow(message: AmiMessage): boolean {
    // List rows have no Privilege header. A UserEvent with our ActionID has one, and live events
    // have it second.
    if (isSecondNamed(message, "Privilege")) return false
    const id = header(message, "ActionID")
    if (!id?.startsWith(this.#around.idPrefix) || header(message, "Privilege") !== undefined) {
      return false
    }
    const asked = this.#asked
    // A row of an abandoned list is dropped, and is not an event either.
    if (asked?.id !== id || !asked.rows) return true
    const rows = asked.rows
    if (isListEnd(message)) {
      this.#settle((question) => question.settleList(null, { ok: true, rows, complete: message }))
    } else {
      rows.push(message)
      asked.rowBytes += sizeOf(message)
      if (rows.length > MAX_ROWS || asked.rowBytes > MAX_LIST_BYTES) this.#giveUpList()
      else this.#arm()
    }
    return true
  }

  /** Rows that still arrive are skipped. */
  #giveUpList(): void {
    const most = `${MAX_ROWS} rows or ${MAX_LIST_BYTES / MEGABYTE} MiB`
    this.#settle((question) => {
      const words = `the list of ${question.action.Action} has more than ${most}`
      fail(question, new AmiError("list_too_large", words))
    })
  }

  #settle(tell: (question: Question) => void): void {
    const question = this.#asked
    this.#asked = undefined
    this.#cancelDeadline()
    if (question) tell(question)
    this.#askNext()
  }

  #arm(delayMs = this.#deadlineMs()): void {
    this.#cancelDeadline()
    this.#bytesSinceArmed = 0
    const dueAt = this.#around.clock.now() + delayMs
    this.#cancelDeadline = this.#around.clock.schedule(delayMs, () => this.#judge(dueAt))
  }

  #deadlineMs(): number {
    const { listDeadlineMs, answerDeadlineMs } = this.#around.tuning
    return this.#asked?.rows ? listDeadlineMs : answerDeadlineMs
  }

  #judge(dueAt: number): void {
    const question = this.#asked
    if (!question) return
    if (this.#around.clock.now() - dueAt > LATE_MS) return this.#arm(GRACE_MS)
    if (this.#bytesSinceArmed > BACKLOG_BYTES) return this.#arm()
    if (!question.rows) return this.#around.onSilent(question.action.Action)
    // Some Show actions never finish. The next ping decides whether the peer still answers.
    const error = new AmiError("silent", `the list of ${question.action.Action} did not end`)
    this.#settle(() => fail(question, error))
  }
}

/**
/**
 * Asterisk repeats the ActionID in all answers, including those to a challenge and a login. Only its
 * error about an unparsable line lacks it. Only one action is open, so it belongs to that. A login
 * consists of a few short lines that were checked, so no such error can be about it.
 */
function isAnswerTo({ action, id }: Question, message: AmiMessage): boolean {
  const given = header(message, "ActionID")
  if (given !== undefined) return given === id
  return message.name.toLowerCase() === "error" && !LOGIN_ACTIONS.has(action.Action)
}

/**
 * Whether the event ends a list: `EventList: Complete`, or a name in Complete in versions without
 * that header.
 */
function isListEnd(message: AmiMessage): boolean {
  return header(message, "EventList") !== undefined || message.name.endsWith("Complete")
}

function sizeOf({ text, headers }: AmiMessage): number {
  return text?.length ?? headers.reduce((sum, [name, value]) => sum + name.length + value.length, 0)
}

function fail(question: Question, error: AmiError): void {
  question.settle(error)
  question.settleList(error)
}
