import { after, before, beforeEach } from "node:test"
import type { SQSEvent } from "aws-lambda"
import { DeleteMessageCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs"
import { ingestHandler } from "@ringback/functions/ingest"
import { makeContext } from "@ringback/local/lambda"
import { startWorld, type World } from "../harness/world.ts"

export let world: World
before(async () => void (world = await startWorld()))
after(() => world.close())
beforeEach(() => world.begin())

export async function rejected(): Promise<(string | undefined)[]> {
  const { Messages = [] } = await world.stack.sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: world.stack.rejectedUrl,
      MaxNumberOfMessages: 10,
      MessageAttributeNames: ["All"],
    }),
  )
  for (const { ReceiptHandle } of Messages) {
    await world.stack.sqs.send(
      new DeleteMessageCommand({ QueueUrl: world.stack.rejectedUrl, ReceiptHandle }),
    )
  }
  return Messages.map(({ MessageAttributes }) => MessageAttributes!["reason"]!.StringValue)
}

export const record = (body: string, id = "m", count = 1) => ({
  messageId: id,
  body,
  attributes: { ApproximateReceiveCount: String(count) },
})
export const invoke = (deps: World["deps"], records: object[]) =>
  ingestHandler(deps)({ Records: records } as unknown as SQSEvent, makeContext(30_000))
