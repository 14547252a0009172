import { SendMessageCommand } from "@aws-sdk/client-sqs"
import { sealMessage, type IngestMessage } from "@ringback/events/message"
import { parseSourceToken } from "@ringback/events/token"
import { makeMessageId } from "../harness/heard.ts"
import type { TestApi } from "../api/api.ts"

type Api = Pick<TestApi, "stack">
type Unaddressed<Message> = Message extends unknown ? Omit<Message, "tenant" | "source"> : never

/** Sends a message into the ingest queue as a collector with that token does. */
export async function sendAs(
  { stack }: Api,
  sourceToken: string,
  message: Unaddressed<IngestMessage>,
): Promise<void> {
  const token = parseSourceToken(sourceToken)!
  const { tenant, source } = token
  const MessageBody = sealMessage({ ...message, tenant, source } as IngestMessage, token)
  await stack.sqs.send(new SendMessageCommand({ QueueUrl: stack.queues.Ingest.url, MessageBody }))
}

/** Those AMI headers, as that collector would send them now. */
export const say = (api: Api, sourceToken: string, headers: [string, string][]): Promise<void> =>
  sendAs(api, sourceToken, {
    v: 1,
    kind: "event",
    id: makeMessageId(),
    collector: "A".repeat(22),
    receivedAt: Date.now(),
    headers,
  })

export const stampOf = (millis: number) => new Date(millis).toISOString().replace("Z", "000000Z")

/** One call of the dialler's, from its beginning to its end, to that number. */
export async function sayCall(
  api: Api,
  sourceToken: string,
  { uuid, number }: { uuid: string; number: string },
  more: [string, string][] = [],
): Promise<void> {
  const begunAt = Date.now() - 9_000
  const steps: [action: string, status: string, resDial: string, hangup: string][] = [
    ["Create", "0", "0", "0"],
    ["Update", "1", "4", "0"],
    ["Update", "6", "4", "16"],
  ]
  for (const [index, [action, status, resDial, hangup]] of steps.entries()) {
    await say(api, sourceToken, [
      ["Event", `OutDialing${action}`],
      ["Uuid", uuid],
      ["Status", status],
      ["CampUuid", "c-1"],
      ["DialAddr", number],
      ["DialTryCnt", "1"],
      ["ResDial", resDial],
      ["ResHangup", hangup],
      ["TmCreate", stampOf(begunAt)],
      ["TmUpdate", action === "Create" ? "<unknown>" : stampOf(begunAt + index * 3_000)],
      ...more,
    ])
  }
}
