import * as v from "valibot"
import { countOf, peek } from "../messages/peek.ts"
import { limitOf, LetterAnswer, showLetter } from "./queue-message.ts"
import { route } from "./route.ts"

export const rejectedRoutes = [
  route({
    method: "get",
    path: "/v1/rejected",
    access: "operator",
    operationId: "listRejected",
    tag: "Operation",
    summary: "List the messages that ingest rejected, with the reason",
    description:
      "Messages with an invalid signature or from an unknown sender. They are kept for 14 days. The returned messages are hidden from other requests for half a minute.",
    query: { limit: limitOf("Messages") },
    answers: {
      200: {
        description: "Some of the messages",
        schema: v.object({
          count: v.pipe(v.number(), v.integer(), v.description("Approximate, as counted by SQS")),
          data: v.array(LetterAnswer),
        }),
      },
    },
    async handle({ deps: { sqs, queues }, query: { limit } }) {
      const url = queues.rejectedUrl
      const [count, messages] = await Promise.all([countOf(sqs, url), peek(sqs, url, limit)])
      const data = messages.map(showLetter)
      return { status: 200, body: { count: Math.max(count, data.length), data } }
    },
  }),
]
