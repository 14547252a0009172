import { answerOf, type Answer, type Mood } from "./answers.ts"
import type { Chance } from "./chance.ts"
import { isSigned } from "./signature.ts"
import { addTo, type Tally } from "./tally.ts"

/** What the receivers got, and what they made of it. */
export type Receipt = {
  endpointId: string
  eventId: string
  body: string
  at: number
  /** The receiver has it: it answered 2xx, or the answer was lost. */
  isTaken: boolean
  /** It answered 2xx. */
  isAnswered: boolean
}

export type Post = { endpointId: string; headers: Record<string, string>; body: string }

/** The tenants' receivers: each takes webhooks in its mood of the moment, verifies them, and remembers them all. */
export class Receipts {
  readonly all: Receipt[] = []
  readonly answers: Tally = {}
  /** What no receiver should ever see. */
  readonly problems: string[] = []
  readonly #secrets = new Map<string, string>()
  readonly #moods = new Map<string, Mood>()
  readonly #counts = new Map<string, number>()
  readonly #chance: Chance
  #endpoints: string[] = []

  constructor(chance: Chance) {
    this.#chance = chance
  }

  add(endpointId: string, secret: string, mood: Mood): void {
    this.#secrets.set(endpointId, secret)
    this.#moods.set(endpointId, mood)
    this.#endpoints.push(endpointId)
  }

  setMood(endpointId: string, mood: Mood): void {
    this.#moods.set(endpointId, mood)
  }

  /** Whether that POST gets no answer, provided that it is the next one of its event for that endpoint. */
  willBeSilent(post: Post): boolean {
    return this.#nextAnswer(post).kind === "silent"
  }

  /** Decides about one POST and notes it. */
  take(post: Post): Answer {
    const { endpointId, headers, body } = post
    const eventId = headers["webhook-id"] ?? ""
    const secret = this.#secrets.get(endpointId)
    const answer = this.#nextAnswer(post)
    const what = this.#nameOf(post)
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1)
    addTo(this.answers, answer.kind === "status" ? String(answer.status) : answer.kind)
    if (answer.kind === "refused") return answer
    if (secret === undefined) this.problems.push(`a POST for ${endpointId}, which there is not`)
    else if (!isSigned(headers, body, secret)) this.problems.push(`${eventId}: no valid signature`)
    const sentAt = Number(headers["webhook-timestamp"])
    if (Math.abs(Date.now() / 1000 - sentAt) > 60)
      this.problems.push(`${eventId}: sent at ${sentAt}`)
    if ((JSON.parse(body) as { id: string }).id !== eventId) {
      this.problems.push(`${eventId}: its body has another id`)
    }
    const isAnswered = answer.kind === "status" && answer.status < 300
    const isTaken = isAnswered || answer.kind === "reset"
    this.all.push({ endpointId, eventId, body, at: Date.now(), isTaken, isAnswered })
    return answer
  }

  #nameOf = ({ endpointId, headers }: Post) =>
    `${this.#endpoints.indexOf(endpointId)}|${headers["webhook-id"] ?? ""}`

  #nextAnswer(post: Post): Answer {
    const what = this.#nameOf(post)
    const mood = this.#moods.get(post.endpointId) ?? "well"
    return answerOf(mood, this.#chance, `${what}|${this.#counts.get(what) ?? 0}`)
  }
}

/** All that one endpoint got of one event. */
export type ReceiptGroups = Map<string, Receipt[]>
export const pairOf = (endpointId: string, eventId: string) => `${endpointId}/${eventId}`

export function groupReceipts(all: Receipt[]): ReceiptGroups {
  const groups: ReceiptGroups = new Map()
  for (const receipt of all) {
    const pair = pairOf(receipt.endpointId, receipt.eventId)
    const group = groups.get(pair)
    if (group) group.push(receipt)
    else groups.set(pair, [receipt])
  }
  return groups
}
