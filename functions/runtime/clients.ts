import { DynamoDBClient } from "@aws-sdk/client-dynamodb"
import { SQSClient } from "@aws-sdk/client-sqs"

export type Limits = { connectMs: number; answerMs: number; attempts: number }

/**
 * The SDK waits for ever where a server takes a connection and says nothing. DynamoDB and SQS answer within milliseconds; what
 * takes seconds is better asked again, over another connection.
 */
export const LIMITS: Limits = { connectMs: 1_000, answerMs: 5_000, attempts: 3 }

/** How long one call may take at most, its repetitions and the waits between them included. */
export const longestCallMs = ({ connectMs, answerMs, attempts }: Limits) =>
  attempts * (connectMs + answerMs) + 1_000

const limited = ({ connectMs, answerMs, attempts }: Limits) => ({
  maxAttempts: attempts,
  requestHandler: {
    connectionTimeout: connectMs,
    requestTimeout: answerMs,
    // Otherwise the SDK only warns.
    throwOnRequestTimeout: true,
  },
})

export const makeDynamodb = (limits = LIMITS) => lean(new DynamoDBClient(limited(limits)))

/** Without the option on URLs the SDK calls the queue URL's host, whatever endpoint it is given. */
export const makeSqs = (limits = LIMITS) =>
  lean(new SQSClient({ ...limited(limits), useQueueUrlAsEndpoint: false, ...withoutMd5 }))

/**
 * SQS's answers bear an MD5 of each body, which the SDK computes in JavaScript: half of the CPU time of a full batch. TLS
 * guards the way, and the signature of the request what is sent.
 */
export const withoutMd5 = { md5: false } as const

type Stack = { middlewareStack: { remove: (name: string) => boolean } }

// A tenth of a call's CPU time: for logs that are not kept, and headers that nobody reads.
const UNUSED = ["loggerMiddleware", "getUserAgentMiddleware", "recursionDetectionMiddleware"]

function lean<Client extends Stack>(client: Client): Client {
  for (const name of UNUSED) client.middlewareStack.remove(name)
  return client
}
