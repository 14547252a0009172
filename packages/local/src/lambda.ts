import type { Message } from "@aws-sdk/client-sqs"
import type { Context, SQSRecord } from "aws-lambda"
import { randomUUID } from "node:crypto"

const region = () => process.env["AWS_REGION"] ?? "us-east-1"

/** The context of one invocation, its time running from now. */
export function makeContext(timeoutMs: number): Context {
  const deadline = Date.now() + timeoutMs
  return {
    awsRequestId: randomUUID(),
    functionName: "local",
    functionVersion: "$LATEST",
    invokedFunctionArn: `arn:aws:lambda:${region()}:000000000000:function:local`,
    memoryLimitInMB: "1024",
    logGroupName: "local",
    logStreamName: "local",
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    done: () => {},
    fail: () => {},
    succeed: () => {},
  }
}

/** A received message as Lambda shows it to a function. */
export function makeRecord(message: Message, queueUrl: string): SQSRecord {
  const name = queueUrl.slice(queueUrl.lastIndexOf("/") + 1)
  const attributes = Object.entries(message.MessageAttributes ?? {}).map(([key, value]) => [
    key,
    {
      dataType: value.DataType!,
      ...(value.StringValue !== undefined && { stringValue: value.StringValue }),
      ...(value.BinaryValue && { binaryValue: Buffer.from(value.BinaryValue).toString("base64") }),
      stringListValues: [],
      binaryListValues: [],
    },
  ])
  return {
    messageId: message.MessageId!,
    receiptHandle: message.ReceiptHandle!,
    body: message.Body!,
    attributes: { ...message.Attributes } as unknown as SQSRecord["attributes"],
    messageAttributes: Object.fromEntries(attributes) as SQSRecord["messageAttributes"],
    md5OfBody: message.MD5OfBody!,
    eventSource: "aws:sqs",
    eventSourceARN: `arn:aws:sqs:${region()}:000000000000:${name}`,
    awsRegion: region(),
  }
}
