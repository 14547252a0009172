import { DynamoDBClient } from "@aws-sdk/client-dynamodb"
import { SQSClient } from "@aws-sdk/client-sqs"
import { credentials, region, type Stack } from "../harness/stack.ts"

/** Clients as the functions have them on AWS, but that they do not wait between retries: a throttled call waits a second. */
export async function impatientClients({ sqsUrl, dynamodbUrl }: Stack) {
  const common = { region, credentials }
  const sqs = new SQSClient({ ...common, endpoint: sqsUrl, useQueueUrlAsEndpoint: false })
  const dynamodb = new DynamoDBClient({ ...common, endpoint: dynamodbUrl })
  for (const { config } of [sqs, dynamodb]) {
    const strategy = (await config.retryStrategy()) as { retryBackoffStrategy?: unknown }
    if (!strategy.retryBackoffStrategy) throw new Error("the SDK's retries are made otherwise now")
    strategy.retryBackoffStrategy = { setDelayBase() {}, computeNextBackoffDelay: () => 0 }
  }
  return { sqs, dynamodb }
}
