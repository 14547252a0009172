import { SendMessageCommand } from "@aws-sdk/client-sqs"
import { type HeartbeatMessage, sealMessage, type SigningKey } from "@ringback/events/message"
import type { Sqs } from "./batch.ts"

const ANSWER_MS = 10_000

/**
 * Sends one heartbeat. It is not spooled, because an old heartbeat is useless. True if the queue
 * accepted it.
 */
export async function sendHeartbeat(
  sqs: Sqs,
  queueUrl: string,
  heartbeat: HeartbeatMessage,
  key: SigningKey,
): Promise<boolean> {
  const command = new SendMessageCommand({
    QueueUrl: queueUrl,
    MessageBody: sealMessage(heartbeat, key),
    MessageGroupId: heartbeat.source,
  })
  try {
    await sqs.send(command, { abortSignal: AbortSignal.timeout(ANSWER_MS) })
    return true
  } catch {
    return false
  }
}
