import { assumed } from "../aws/assumptions.ts"
import type { Random } from "../engine/random.ts"
import type { Endpoint } from "./tenants.ts"

export type Answer = { ms: number; statusCode: number | null; error: string | null }

/** The time limit of an attempt: packages/webhooks/src/send.ts. */
const LONGEST_MS = 15_000
const SPREAD = 0.5
const REFUSED_MS = 30

export type Outage = { from: number; until: number; hangs: boolean }

/** The tenants' systems. */
export class Receivers {
  readonly #random: Random
  /** When the vendor is away: its endpoints do not answer. */
  outage: Outage | undefined
  /** What the vendor's endpoints take together in a second; more is answered by 429. */
  vendorPerSecond = Infinity
  posts = 0
  refused = 0
  #second = { at: 0, posts: 0 }

  constructor(random: Random) {
    this.#random = random
  }

  answer(endpoint: Endpoint, at: number): Answer {
    this.posts++
    const { outage } = this
    if (endpoint.isAtVendor && outage && at >= outage.from && at < outage.until) {
      if (outage.hangs) return { ms: LONGEST_MS, statusCode: null, error: "no answer" }
      return { ms: REFUSED_MS, statusCode: 503, error: "answered 503" }
    }
    if (endpoint.isAtVendor && this.#isTooMuch(at)) {
      this.refused++
      return { ms: REFUSED_MS, statusCode: 429, error: "answered 429" }
    }
    const ms = answerMs(endpoint, this.#random)
    if (this.#random.is(assumed("strayFailures")))
      return { ms, statusCode: 500, error: "answered 500" }
    return { ms, statusCode: 204, error: null }
  }

  #isTooMuch(at: number): boolean {
    const second = Math.floor(at / 1000)
    if (second !== this.#second.at) this.#second = { at: second, posts: 0 }
    return ++this.#second.posts > this.vendorPerSecond
  }
}

/** How long a receiver that is there takes to answer. */
export const answerMs = ({ medianMs }: Endpoint, random: Random): number =>
  Math.min(LONGEST_MS, random.lognormal(medianMs, SPREAD))

/** How long a receiver takes in the mean, as a process learns it. */
export const meanMs = ({ medianMs }: Endpoint): number => medianMs * Math.exp(SPREAD ** 2 / 2)
