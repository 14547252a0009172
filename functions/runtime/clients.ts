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

export const makeDynamodb = (limits = LIMITS) => new DynamoDBClient(limited(limits))

/** Otherwise the SDK calls the queue URL's host, whatever endpoint it is given. */
export const makeSqs = (limits = LIMITS) =>
  new SQSClient({ ...limited(limits), useQueueUrlAsEndpoint: false })
