import { type Action, writeAction } from "./action.ts"
import type { Clock } from "./clock.ts"
import { AmiError } from "./errors.ts"
import { type AmiMessage, header, isSecondNamed } from "./message.ts"
import type { PeerClock } from "./peer-clock.ts"
import type { Tuning } from "./tuning.ts"

/** A list's rows and its completing event; or the response that refused it. */
export type ListResult =
  { ok: true; rows: AmiMessage[]; complete: AmiMessage } | { ok: false; response: AmiMessage }

/** How a question ended. Called at once, within the read that brought the answer. */
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
  /** Learns from each answer to a Ping. */
  peerClock?: PeerClock | undefined
  /** What begins the ActionIDs of this session; not to be guessed, since a UserEvent may carry any. */
  idPrefix: string
  write: (text: string) => void
  /** The peer owes an answer and has not given it in time. */
  onSilent: (action: string) => void
}

// A timer that fires this late means that this process stood still: the answer may wait unread.
const LATE_MS = 1_000
const GRACE_MS = 2_000
// An answer stands behind the events of its session: while this much is read in a deadline, the peer is no silent one.
const BACKLOG_BYTES = 256 * 1024

// A list is kept in memory until it ends, and a PBX may never end it.
const MEGABYTE = 1_048_576
const MAX_ROWS = 20_000
const MAX_LIST_BYTES = 16 * MEGABYTE

const LOGIN_ACTIONS = new Set(["Challenge", "Login"])

const nothing = () => {}

/** Questions and answers over one session: one action at a time, each with a deadline. Knows nothing of sockets. */
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

  /** Whether the message belonged to a question; if not, it is for others. */
  accept(message: AmiMessage): boolean {
    if (message.kind === "response") return this.#acceptResponse(message)
    return message.kind === "event" && this.#acceptRow(message)
  }

  noteRead(bytes: number): void {
    this.#bytesSinceArmed += bytes
  }

  /** No answer will come any more. */
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
    // Rows bear no Privilege; a UserEvent that repeats our ActionID does. Live events have it in second place.
    if (isSecondNamed(message, "Privilege")) return false
    const id = header(message, "ActionID")
    if (!id?.startsWith(this.#around.idPrefix) || header(message, "Privilege") !== undefined) {
      return false
    }
    const asked = this.#asked
    // A row of a list that was given up is nobody's, and no event either.
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

  /** What still comes of it is passed over. */
  #giveUpList(): void {
    const most = `${MAX_ROWS} rows or ${MAX_LIST_BYTES / MEGABYTE} MiB`
    this.#settle((question) => {
      const words = `the list of ${question.action.Action} has over ${most}`
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
    // A list may hang by itself (some Show actions do); whether the peer lives is for the next ping to say.
    const error = new AmiError("silent", `the list of ${question.action.Action} did not end`)
    this.#settle(() => fail(question, error))
  }
}

/**
 * Asterisk repeats the ActionID in all answers, to a challenge and a login as well. Only its complaint about lines that it
 * could not parse lacks it; one action at a time, that is ours. No such complaint is about a login, which is a few short
 * lines that were checked: what comes then without our ActionID was meant for nobody here.
 */
function isAnswerTo({ action, id }: Question, message: AmiMessage): boolean {
  const given = header(message, "ActionID")
  if (given !== undefined) return given === id
  return message.name.toLowerCase() === "error" && !LOGIN_ACTIONS.has(action.Action)
}

/** The event that ends a list: of `EventList: Complete`, or named so where an old version lacks that header. */
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
