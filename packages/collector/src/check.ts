import { accessSync, constants } from "node:fs"
import type { Tuning } from "@ringback/ami/tuning"
import { parseSourceToken } from "@ringback/events/token"
import { sealMessage } from "@ringback/events/message"
import { SendMessageCommand } from "@aws-sdk/client-sqs"
import type { Sqs } from "./batch.ts"
import { makeEnvelope, makeMessageId } from "./envelope.ts"
import type { Finding } from "./finding.ts"
import { makeDirectory } from "./make-directory.ts"
import { checkPbx } from "./pbx-check.ts"
import type { CollectorSettings } from "./settings.ts"
import { version } from "./version.ts"

/**
 * Tests everything that a collector needs. Prints nothing if all tests pass, otherwise each finding
 * and its fix. Returns the exit code: 1 if something is unreachable or unusable, 2 if no events
 * would arrive, otherwise 0.
 */
export async function check(
  settings: CollectorSettings,
  sqs: Sqs,
  say: (line: string) => void,
  tuning?: Partial<Tuning>,
): Promise<number> {
  const findings = [
    ...(await checkPbx(settings.ami, tuning)),
    await checkQueue(settings, sqs),
    checkSpool(settings.spoolDir),
  ]
  if (findings.every(({ is }) => is === "ok")) return 0
  for (const { is, what, fix } of findings) {
    say(`${is.padEnd(15)} ${what}`)
    if (fix) say(`${" ".repeat(15)} fix: ${fix}`)
  }
  return Math.max(...findings.map(({ is }) => CODES[is]))
}

const CODES = { ok: 0, "could be better": 0, WRONG: 1, MISSING: 2 }

async function checkQueue(settings: CollectorSettings, sqs: Sqs): Promise<Finding> {
  const { sourceToken, ingestQueueUrl } = settings
  const token = parseSourceToken(sourceToken)!
  const { tenant, source } = token
  const sender = makeEnvelope({ tenant, source, collector: makeMessageId() })
  const idle = { check: true as const, connectedSince: null, spoolDepth: 0, spoolAgeSeconds: 0 }
  const heartbeat = sender.heartbeat({ receivedAt: Date.now(), version, ...idle })
  const command = new SendMessageCommand({
    QueueUrl: ingestQueueUrl,
    MessageBody: sealMessage(heartbeat, token),
    MessageGroupId: source,
  })
  try {
    await sqs.send(command)
    return { is: "ok", what: "queue: accepted a message" }
  } catch (cause) {
    const { name, message } = cause as Error
    const fix = /access|auth|token|credential|signature/i.test(name)
      ? "AWS credentials that may call sqs:SendMessage on this queue"
      : "RINGBACK_INGEST_QUEUE_URL, AWS_REGION, AWS_ENDPOINT_URL_SQS, and the network route to SQS"
    return { is: "WRONG", what: `queue: ${name}: ${message}`, fix }
  }
}

function checkSpool(dir: string): Finding {
  try {
    makeDirectory(dir)
    accessSync(dir, constants.W_OK)
    return { is: "ok", what: `spool: ${dir} is writable` }
  } catch (cause) {
    const what = `spool: ${dir}: ${(cause as Error).message}`
    return { is: "WRONG", what, fix: "RINGBACK_SPOOL_DIR, or this user's permissions on it" }
  }
}
