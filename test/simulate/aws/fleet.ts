import { makeQuickRuns, type QuickRuns } from "@ringback/functions/endpoint/quick-runs"
import type { Agenda } from "../engine/agenda.ts"
import { assumed } from "./assumptions.ts"

const COLD_MS = assumed("coldStartMs")
const IDLE_MS = assumed("idleInstanceMs")

/** What an instance of a function remembers. */
export type Instance = {
  /** How long it takes until it works: a cold start, the first time. */
  coldMs: number
  idleSince: number
  /** What its process has read, by number: when, and what it said. */
  readonly readAt: Float64Array
  readonly said: Uint8Array
  /** Until when it takes an endpoint for slow that it has found slow itself. */
  readonly slowUntil: Map<number, number>
  /** The product's own. */
  readonly quickRuns: QuickRuns
  /** When it last asked for announced changes. */
  askedAt: number
}

/** The instances of an account: more than its quota are not to be had. */
export class Account {
  running = 0
  mostRunning = 0
  refused = 0
  readonly quota: number

  constructor(quota = assumed("accountConcurrency")) {
    this.quota = quota
  }
}

/** The instances of one function. */
export class Fleet {
  readonly #agenda: Agenda
  readonly #account: Account
  readonly #things: number
  readonly #isWarm: boolean
  readonly #remember: (instance: Instance) => void
  #idle: Instance[] = []
  coldStarts = 0

  /**
   * `things`: how many tenants or endpoints there are to be remembered. `isWarm`: the instances were there before, though
   * they have read nothing yet. `remember` puts into one what it knows of then.
   */
  constructor(
    agenda: Agenda,
    account: Account,
    things: number,
    isWarm = false,
    remember: (instance: Instance) => void = () => {},
  ) {
    this.#agenda = agenda
    this.#account = account
    this.#things = things
    this.#isWarm = isWarm
    this.#remember = remember
  }

  /** An instance for one batch. Undefined: the account has no more. */
  take(): Instance | undefined {
    if (this.#account.running >= this.#account.quota) {
      this.#account.refused++
      return undefined
    }
    this.#account.running++
    this.#account.mostRunning = Math.max(this.#account.mostRunning, this.#account.running)
    const { now } = this.#agenda
    this.#idle = this.#idle.length > 0 && this.#isGone(this.#idle[0]!) ? this.#alive() : this.#idle
    // The one that worked last is still warm.
    const warm = this.#idle.pop()
    if (warm) {
      warm.coldMs = 0
      return warm
    }
    this.coldStarts++
    const fresh: Instance = {
      coldMs: this.#isWarm ? 0 : COLD_MS,
      idleSince: now,
      readAt: new Float64Array(this.#things).fill(-Infinity),
      said: new Uint8Array(this.#things),
      slowUntil: new Map(),
      quickRuns: makeQuickRuns(),
      askedAt: -Infinity,
    }
    this.#remember(fresh)
    return fresh
  }

  give(instance: Instance, isDead: boolean): void {
    this.#account.running--
    instance.idleSince = this.#agenda.now
    if (!isDead) this.#idle.push(instance)
  }

  #isGone = ({ idleSince }: Instance) => this.#agenda.now - idleSince > IDLE_MS
  #alive = () => this.#idle.filter((each) => !this.#isGone(each))
}
