import type { buildApp } from "fauxqs"

export type QueuedMessage = {
  messageAttributes: object
  messageGroupId?: string | undefined
}

type SentMessage = { MessageGroupId?: unknown; MessageAttributes?: unknown }

/**
 * The messages of a queue that wait to be received, with the part of an array's interface that
 * fauxqs uses. Groups take turns, one message at a time, and a group's own messages stay in order. Groups
 * whose names begin alike, up to a slash, share the turns of one.
 */
export class FairMessages<M extends QueuedMessage> {
  // Whose turn is next is first. Nothing in it is empty.
  readonly #tenants = new Map<string | undefined, Map<string | undefined, M[]>>()
  #length = 0

  constructor(messages: Iterable<M> = []) {
    for (const message of messages) this.push(message)
  }

  get length(): number {
    return this.#length
  }

  push(message: M): void {
    const id = message.messageGroupId
    const tenant = id?.split("/", 1)[0]
    const groups = this.#tenants.get(tenant) ?? new Map<string | undefined, M[]>()
    const group = groups.get(id)
    if (group) group.push(message)
    else groups.set(id, [message])
    this.#tenants.set(tenant, groups)
    this.#length++
  }

  shift(): M | undefined {
    for (const [tenant, groups] of this.#tenants) {
      for (const [id, group] of groups) {
        const message = group.shift()
        moveToEnd(groups, id, group, group.length)
        moveToEnd(this.#tenants, tenant, groups, groups.size)
        this.#length--
        return message
      }
    }
    return undefined
  }

  *[Symbol.iterator](): Generator<M> {
    for (const groups of this.#tenants.values()) for (const group of groups.values()) yield* group
  }
}

/** Its turn was taken. It leaves if nothing is left of it. */
function moveToEnd<Key, Value>(turns: Map<Key, Value>, key: Key, value: Value, left: number): void {
  turns.delete(key)
  if (left > 0) turns.set(key, value)
}

export type FairQueue = {
  messages: { [Symbol.iterator]: () => Iterator<QueuedMessage> }
  enqueue: (message: QueuedMessage) => void
}

/**
 * Lets the groups of a standard queue take turns, as AWS's fair queues do for busy groups, and keeps
 * the `MessageGroupId`. fauxqs drops it and delivers in the order of arrival.
 */
export function makeQueuesFair(): {
  makeFair: (queue: FairQueue) => void
  noteGroups: (app: ReturnType<typeof buildApp>) => void
} {
  // fauxqs passes a sent message's attributes on as they are: they identify the message.
  const groups = new WeakMap<object, string>()
  return {
    makeFair(queue) {
      let messages = new FairMessages(queue.messages)
      const replace = (all: Iterable<QueuedMessage>) => void (messages = new FairMessages(all))
      Object.defineProperty(queue, "messages", { get: () => messages, set: replace })
      const { enqueue } = queue
      queue.enqueue = (message) => {
        const messageGroupId = message.messageGroupId ?? groups.get(message.messageAttributes)
        enqueue.call(queue, Object.assign(message, { messageGroupId }))
      }
    },
    noteGroups(app) {
      app.addHook("preHandler", async ({ body }) => {
        for (const sent of sentMessages(body)) {
          if (typeof sent.MessageGroupId !== "string") continue
          const attributes = (sent.MessageAttributes ??= {})
          if (typeof attributes === "object") groups.set(attributes, sent.MessageGroupId)
        }
      })
    },
  }
}

/** The messages in the body of a SendMessage or SendMessageBatch request. */
function sentMessages(body: unknown): SentMessage[] {
  if (typeof body !== "object" || body === null) return []
  const { Entries } = body as { Entries?: unknown }
  const sent: unknown[] = Array.isArray(Entries) ? Entries : [body]
  return sent.filter((each): each is SentMessage => typeof each === "object" && each !== null)
}
