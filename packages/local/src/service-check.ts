import { DescribeTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb"
import { GetQueueUrlCommand, SQSClient } from "@aws-sdk/client-sqs"
import { firstLine } from "./warnings.ts"
import { SettingError, type Settings } from "./machine-settings.ts"

const LIMIT_MS = 5000

// An error that the resource does not exist also proves that the service responds.
const NAME = "RingbackTable"
const HAS_NONE = /^(QueueDoesNotExist|ResourceNotFoundException)$|NonExistentQueue$/

/**
 * Throws a SettingError if a configured service does not respond, or is not the expected service.
 */
export async function checkServices(
  { sqsUrl, dynamodbUrl }: Pick<Settings, "sqsUrl" | "dynamodbUrl">,
  limitMs = LIMIT_MS,
): Promise<void> {
  for (const [service, url, ask] of [
    ["SQS", sqsUrl, askSqs],
    ["DynamoDB", dynamodbUrl, askDynamodb],
  ] as const) {
    const problem = url && (await look(service, limitMs, (limit) => ask(url, limit)))
    // Omits a password that the URL may contain.
    if (problem) {
      const setting = `AWS_ENDPOINT_URL_${service.toUpperCase()}`
      throw new SettingError(setting, `${new URL(url).origin} ${problem}`)
    }
  }
}

type Limit = { abortSignal: AbortSignal }

async function askSqs(endpoint: string, limit: Limit): Promise<boolean> {
  const sqs = new SQSClient({ endpoint })
  const asked = sqs.send(new GetQueueUrlCommand({ QueueName: NAME }), limit)
  const { QueueUrl } = await asked.finally(() => sqs.destroy())
  return QueueUrl !== undefined
}

async function askDynamodb(endpoint: string, limit: Limit): Promise<boolean> {
  const dynamodb = new DynamoDBClient({ endpoint })
  const asked = dynamodb.send(new DescribeTableCommand({ TableName: NAME }), limit)
  const { Table } = await asked.finally(() => dynamodb.destroy())
  return Table !== undefined
}

/** The problem with a service, as text. Undefined if it responds as expected. */
async function look(
  service: string,
  limitMs: number,
  ask: (limit: Limit) => Promise<boolean>,
): Promise<string | undefined> {
  const isForeign = `does not answer as ${service}`
  try {
    return (await ask({ abortSignal: AbortSignal.timeout(limitMs) })) ? undefined : isForeign
  } catch (error) {
    const { name, message, code = "" } = error as NodeJS.ErrnoException
    if (HAS_NONE.test(name)) return undefined
    // Checked before the name: the SDK reports a reset connection as a timeout.
    if (/^E[A-Z_]+$/.test(code)) return `cannot be reached (${code})`
    if (/^(Abort|Timeout)Error$/.test(name)) return `does not answer within ${limitMs / 1000} s`
    if ("$fault" in (error as object)) {
      const isSaid = message !== "UnknownError" && !/^(Unknown|InvalidAction)/.test(name)
      return isSaid ? `refuses: ${name}: ${firstLine(message)}` : isForeign
    }
    // A response from another kind of server cannot be parsed by the SDK, or as HTTP.
    const isAnswer = "$response" in (error as object) || code.startsWith("HPE_")
    return isAnswer ? isForeign : `cannot be asked: ${code || name}: ${firstLine(message)}`
  }
}
