import { DynamoDBClient } from "@aws-sdk/client-dynamodb"
import { SQSClient } from "@aws-sdk/client-sqs"

export type Limits = { connectMs: number; answerMs: number; attempts: number }

/**
 * The SDK waits forever if a server accepts a connection and does not respond. DynamoDB and SQS
 * respond within milliseconds. A call that takes seconds is better repeated over another
 * connection.
 */
export const LIMITS: Limits = { connectMs: 1_000, answerMs: 5_000, attempts: 3 }

/** The maximum duration of one call, including its retries and the waits between them. */
export const longestCallMs = ({ connectMs, answerMs, attempts }: Limits) =>
  attempts * (connectMs + answerMs) + 1_000

const limited = ({ connectMs, answerMs, attempts }: Limits) => ({
  maxAttempts: attempts,
  requestHandler: {
    connectionTimeout: connectMs,
    requestTimeout: answerMs,
    // Otherwise the SDK only logs a warning.
    throwOnRequestTimeout: true,
  },
})

export const makeDynamodb = (limits = LIMITS) => lean(new DynamoDBClient(limited(limits)))

/**
 * Without the option on URLs, the SDK calls the host of the queue's URL and ignores the configured
 * endpoint.
 */
export const makeSqs = (limits = LIMITS) =>
  lean(new SQSClient({ ...limited(limits), useQueueUrlAsEndpoint: false, ...withoutMd5 }))

/**
 * SQS's responses contain an MD5 of each body, which the SDK verifies in JavaScript: half of the
 * CPU time of a full batch. TLS protects the transport, and the request's signature covers the sent
 * data.
 */
export const withoutMd5 = { md5: false } as const

type Stack = { middlewareStack: { remove: (name: string) => boolean } }

// A tenth of a call's CPU time: for logs that are not kept, and headers that are not read.
const UNUSED = ["loggerMiddleware", "getUserAgentMiddleware", "recursionDetectionMiddleware"]

/** Without the steps of the SDK whose results nobody uses. */
export function lean<Client extends Stack>(client: Client): Client {
  for (const name of UNUSED) client.middlewareStack.remove(name)
  return client
}
