import { SendMessageCommand } from "@aws-sdk/client-sqs"
import { createHash } from "node:crypto"
import { HEARTBEAT_SECONDS } from "@ringback/events/heartbeat"
import { type HeartbeatMessage, sealMessage, type SigningKey } from "@ringback/events/message"
import type { Sqs } from "./batch.ts"

const ANSWER_MS = 10_000

const HEARTBEAT_MS = HEARTBEAT_SECONDS * 1_000

/**
 * The number of the heartbeat that is due at this time. Each collector has times of its own, so that
 * they do not all send at once. The times do not drift: each five minutes have as many heartbeats,
 * which the alarm for silent collectors counts.
 */
export function heartbeatNumber(collector: string, now: number): number {
  const random = createHash("sha256").update(collector).digest().readUInt32BE(0)
  const phaseMs = random % HEARTBEAT_MS
  return Math.floor((now - phaseMs) / HEARTBEAT_MS)
}

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
