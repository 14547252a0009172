import { SendMessageBatchCommand, type SQSClient } from "@aws-sdk/client-sqs"

export type Sqs = Pick<SQSClient, "send">

export type Refusal = { code: string; message: string }

export type BatchResult =
  | {
      isReached: true
      accepted: number[]
      refused: (Refusal & { index: number })[]
      failed: number[]
    }
  | { isReached: false; error: Error }

/** SQS's limits for one SendMessageBatch call. */
export const BATCH_COUNT = 10
export const BATCH_BYTES = 1_048_576

/**
 * Sends the bodies in one call. The result refers to each body by its index. `failed` bodies can be
 * sent again.
 */
export async function sendBatch(
  sqs: Sqs,
  queueUrl: string,
  groupId: string,
  bodies: string[],
  signal: AbortSignal,
): Promise<BatchResult> {
  const Entries = bodies.map((MessageBody, index) => ({
    Id: String(index),
    MessageBody,
    MessageGroupId: groupId,
  }))
  const command = new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries })
  try {
    const { Successful = [], Failed = [] } = await sqs.send(command, { abortSignal: signal })
    const accepted = Successful.map(({ Id }) => Number(Id))
    const refused = Failed.filter(isForGood).map(({ Id, Code = "", Message = "" }) => ({
      index: Number(Id),
      code: Code,
      message: Message,
    }))
    const settled = new Set([...accepted, ...refused.map(({ index }) => index)])
    const failed = bodies.map((_, index) => index).filter((index) => !settled.has(index))
    return { isReached: true, accepted, refused, failed }
  } catch (cause) {
    const error = cause as Error
    // SQS rejects a whole batch without naming the invalid message. A rejected batch of one
    // identifies it.
    if (!CONTENT_ERRORS.test(error.name)) return { isReached: false, error }
    if (bodies.length > 1) return singly(sqs, queueUrl, groupId, bodies, signal)
    const refusal = { index: 0, code: error.name, message: error.message }
    return { isReached: true, accepted: [], refused: [refusal], failed: [] }
  }
}

const CONTENT_ERRORS = /InvalidMessageContents|BatchRequestTooLong|InvalidParameterValue/

// SQS also sets SenderFault for throttling and missing permissions, which are temporary.
const PASSING = /thrott|access|kms|limit|auth|token|credential/i

const isForGood = ({
  SenderFault,
  Code = "",
}: {
  SenderFault: boolean | undefined
  Code: string | undefined
}) => SenderFault === true && !PASSING.test(Code)

async function singly(
  sqs: Sqs,
  queueUrl: string,
  groupId: string,
  bodies: string[],
  signal: AbortSignal,
): Promise<BatchResult> {
  const all = {
    isReached: true as const,
    accepted: [] as number[],
    refused: [] as (Refusal & { index: number })[],
    failed: [] as number[],
  }
  for (const [index, body] of bodies.entries()) {
    const one = await sendBatch(sqs, queueUrl, groupId, [body], signal)
    if (!one.isReached) all.failed.push(index)
    else if (one.accepted.length > 0) all.accepted.push(index)
    else if (one.refused[0]) all.refused.push({ ...one.refused[0], index })
    else all.failed.push(index)
  }
  return all
}
