import { ReceiveMessageCommand, type SQSClient } from "@aws-sdk/client-sqs"
import { makeRecord } from "@ringback/local/lambda"

/** An HTTP request as API Gateway (payload 2.0) shows it to a function. */
export const httpEvent = (method: string, path: string, key?: string, body?: unknown) => {
  const [rawPath = "", rawQueryString = ""] = path.split("?")
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath,
    rawQueryString,
    headers: {
      host: "api.example.com",
      ...(key && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    requestContext: {
      accountId: "123456789012",
      apiId: "api",
      domainName: "api.example.com",
      http: {
        method,
        path: rawPath,
        protocol: "HTTP/1.1",
        sourceIp: "192.0.2.1",
        userAgent: "test",
      },
      requestId: "request",
      routeKey: "$default",
      stage: "$default",
      time: new Date().toUTCString(),
      timeEpoch: Date.now(),
    },
    isBase64Encoded: false,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  }
}

/** What waits in a queue, as Lambda's poller shows it to a function. */
export const queueEvent = async (sqs: SQSClient, queueUrl: string) => {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: 10,
      WaitTimeSeconds: 5,
      MessageSystemAttributeNames: ["All"],
      MessageAttributeNames: ["All"],
    }),
  )
  return { Records: Messages.map((message) => makeRecord(message, queueUrl)) }
}
