import { DescribeTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb"
import { GetQueueUrlCommand, SQSClient } from "@aws-sdk/client-sqs"
import { SettingError, type Settings } from "./settings.ts"
import { firstLine } from "./story.ts"

const LIMIT_MS = 5000

// That there is none of this name is an answer too.
const NAME = "RingbackTable"
const HAS_NONE = /^(QueueDoesNotExist|ResourceNotFoundException)$|NonExistentQueue$/

/** Throws a SettingError where a service that the settings name does not answer, or not as what it should be. */
export async function reachServices(
  { sqsUrl, dynamodbUrl }: Pick<Settings, "sqsUrl" | "dynamodbUrl">,
  limitMs = LIMIT_MS,
): Promise<void> {
  if (sqsUrl !== undefined) {
    const sqs = new SQSClient({ endpoint: sqsUrl })
    const problem = await look("SQS", limitMs, async (limit) => {
      const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: NAME }), limit)
      return QueueUrl !== undefined
    })
    sqs.destroy()
    refuse("AWS_ENDPOINT_URL_SQS", sqsUrl, problem)
  }
  if (dynamodbUrl !== undefined) {
    const dynamodb = new DynamoDBClient({ endpoint: dynamodbUrl })
    const problem = await look("DynamoDB", limitMs, async (limit) => {
      const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName: NAME }), limit)
      return Table !== undefined
    })
    dynamodb.destroy()
    refuse("AWS_ENDPOINT_URL_DYNAMODB", dynamodbUrl, problem)
  }
}

// Without what a URL may hold of a password.
function refuse(setting: string, url: string, problem: string | undefined) {
  if (problem) throw new SettingError(setting, `${new URL(url).origin} ${problem}`)
}

type Ask = (limit: { abortSignal: AbortSignal }) => Promise<boolean>

/** What is wrong with a service, in words; undefined where it answers as it should. */
async function look(service: string, limitMs: number, ask: Ask): Promise<string | undefined> {
  const isForeign = `does not answer as ${service}`
  try {
    return (await ask({ abortSignal: AbortSignal.timeout(limitMs) })) ? undefined : isForeign
  } catch (error) {
    const { name, message, code = "" } = error as NodeJS.ErrnoException
    if (HAS_NONE.test(name)) return undefined
    // Before the name: the SDK calls a connection that was reset a time-out.
    if (/^E[A-Z_]+$/.test(code)) return `cannot be reached (${code})`
    if (/^(Abort|Timeout)Error$/.test(name)) return `does not answer within ${limitMs / 1000} s`
    if ("$fault" in (error as object)) {
      const isSaid = message !== "UnknownError" && !/^(Unknown|InvalidAction)/.test(name)
      return isSaid ? `refuses: ${name}: ${firstLine(message)}` : isForeign
    }
    // What another server says makes no sense to the SDK, or to HTTP.
    const isAnswer = "$response" in (error as object) || code.startsWith("HPE_")
    return isAnswer ? isForeign : `cannot be asked: ${code || name}: ${firstLine(message)}`
  }
}
