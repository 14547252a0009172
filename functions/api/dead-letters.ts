import * as v from "valibot"
import { countOf, move, peek } from "../messages/peek.ts"
import { QUEUE_NAMES, type Deps, type QueueName } from "./deps.ts"
import { limitOf, LetterAnswer, showLetter } from "./queue-message.ts"
import { route } from "./route.ts"

const queue = v.picklist(QUEUE_NAMES)

export const DeadLetterQueue = v.pipe(
  v.object({
    queue,
    count: v.pipe(v.number(), v.integer(), v.description("Approximate, as counted by SQS")),
    messages: v.pipe(v.array(LetterAnswer), v.description("Some of the messages")),
  }),
  v.description(
    "Messages that a worker failed to process on every try. The worker's log has the reason",
  ),
)

export const RedriveInput = v.strictObject({
  queue: v.pipe(v.exactOptional(queue), v.description("If omitted: all queues")),
  limit: v.pipe(
    v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10_000)), 1000),
    v.description("Maximum number of messages per queue"),
  ),
})

export const RedrivenQueue = v.object({
  queue,
  moved: v.pipe(v.number(), v.integer()),
  left: v.pipe(
    v.number(),
    v.integer(),
    v.description("Approximate, as counted by SQS. If it is not 0, repeat the request"),
  ),
})

// A Lambda function behind an HTTP API has 30 s.
const MOVING_MS = 15_000

async function look({ sqs, queues }: Deps, name: QueueName, limit: number) {
  const url = queues.deadLetters[name]
  const [count, messages] = await Promise.all([countOf(sqs, url), peek(sqs, url, limit)])
  return {
    queue: name,
    count: Math.max(count, messages.length),
    messages: messages.map(showLetter),
  }
}

async function redrive({ sqs, queues }: Deps, name: QueueName, limit: number, until: number) {
  const from = queues.deadLetters[name]
  const to = queues[`${name}Url`]
  const hasTime = () => performance.now() < until
  const moved = await move(sqs, { from, to, limit, hasTime })
  return { queue: name, moved, left: await countOf(sqs, from) }
}

const tag = "Operation"

export const deadLetterRoutes = [
  route({
    method: "get",
    path: "/v1/dead-letters",
    access: "operator",
    operationId: "listDeadLetters",
    tag,
    summary: "List the dead letters of each queue",
    description: "The returned messages are hidden from other requests for half a minute.",
    query: { limit: limitOf("Maximum messages per queue") },
    answers: {
      200: {
        description: "The dead-letter queues",
        schema: v.object({ data: v.array(DeadLetterQueue) }),
      },
    },
    async handle({ deps, query: { limit } }) {
      const data = await Promise.all(QUEUE_NAMES.map((name) => look(deps, name, limit)))
      return { status: 200, body: { data } }
    },
  }),
  route({
    method: "post",
    path: "/v1/dead-letters/redrive",
    access: "operator",
    operationId: "redriveDeadLetters",
    tag,
    summary: "Send dead letters back to their worker",
    description:
      "Call this once the cause of the failures is fixed. It runs for up to 15 s: repeat the request for the rest.",
    body: RedriveInput,
    answers: {
      200: {
        description: "The messages that were sent again",
        schema: v.object({ data: v.array(RedrivenQueue) }),
      },
    },
    async handle({ deps, body }) {
      const names = body.queue === undefined ? QUEUE_NAMES : [body.queue]
      const until = performance.now() + MOVING_MS
      const data = await Promise.all(names.map((name) => redrive(deps, name, body.limit, until)))
      const isNoChange = data.every(({ moved }) => moved === 0)
      return { status: 200, body: { data }, ...(isNoChange && { isNoChange }) }
    },
  }),
]
