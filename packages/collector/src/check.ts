import { accessSync, constants, mkdirSync } from "node:fs"
import { setTimeout as wait } from "node:timers/promises"
import { AmiClient } from "@ringback/ami/client"
import { type AmiMessage, header } from "@ringback/ami/message"
import type { AmiState } from "@ringback/ami/state"
import { parseSourceToken } from "@ringback/events/token"
import { sealMessage } from "@ringback/events/message"
import { SendMessageCommand } from "@aws-sdk/client-sqs"
import type { Sqs } from "./batch.ts"
import { makeEnvelope, makeMessageId } from "./envelope.ts"
import type { CollectorSettings } from "./settings.ts"
import { version } from "./version.ts"

type Finding = { is: "ok" | "could be better" | "WRONG"; what: string; mend?: string }

const LOGIN_MS = 15_000
const BOOTED_MS = 2_000
const SKEW_SECONDS = 2

/** Tries all that a collector needs, says what it finds and how to mend it. True if nothing is wrong. */
export async function check(
  settings: CollectorSettings,
  sqs: Sqs,
  say: (line: string) => void,
): Promise<boolean> {
  const findings = [
    ...(await checkPbx(settings).catch(lostPbx)),
    await checkQueue(settings, sqs),
    checkSpool(settings.spoolDir),
  ]
  for (const { is, what, mend } of findings) {
    say(`${is.padEnd(15)} ${what}`)
    if (mend) say(`${" ".repeat(15)} mend: ${mend}`)
  }
  return findings.every(({ is }) => is !== "WRONG")
}

// It answered the login, and was gone before the rest.
function lostPbx(error: Error): Finding[] {
  const mend = "try again: it was restarted, or something on the way ends connections"
  return [{ is: "WRONG", what: `PBX: ${error.message}`, mend }]
}

async function checkPbx({ ami }: CollectorSettings): Promise<Finding[]> {
  const events: AmiMessage[] = []
  const settled = Promise.withResolvers<AmiState>()
  const client = new AmiClient({
    ...ami,
    onMessage: (message) => void events.push(message),
    onState: (state) => settled.resolve(state),
  })
  try {
    const state = await Promise.race([settled.promise, wait(LOGIN_MS, undefined, { ref: false })])
    if (state?.name !== "connected") {
      const what = `PBX: ${state?.reason ?? "no answer"}`
      return [{ is: "WRONG", what, mend: mends[state?.code ?? ""] ?? "AMI_HOST and AMI_PORT" }]
    }
    const login: Finding = { is: "ok", what: `PBX: logged in (${state.banner})` }
    const summary = await client.send({ Action: "OutDialingSummary" })
    const pong = await client.send({ Action: "Ping" })
    const answeredAt = Date.now()
    for (let waited = 0; !bootedIn(events) && waited < BOOTED_MS; waited += 50) await wait(50)
    return [
      login,
      judgeLists(summary),
      ...judgeEvents(bootedIn(events)),
      ...judgeClock(pong, answeredAt),
    ]
  } finally {
    await client.close()
  }
}

const bootedIn = (events: AmiMessage[]) => events.find(({ name }) => name === "FullyBooted")

const mends: Record<string, string> = {
  credentials_refused: "AMI_USERNAME, AMI_SECRET, and deny and permit of this user in manager.conf",
  login_refused: "AMI_AUTH=plain if the PBX knows no MD5; one AMI user for each collector",
  tls_failed: "AMI_TLS_CA names the CA of the PBX's certificate; AMI_HOST is a name in it",
  not_ami: "AMI_PORT: 5038, or 5039 with AMI_TLS=1",
}

function judgeLists(response: AmiMessage): Finding {
  if (response.name.toLowerCase() !== "error") {
    return { is: "ok", what: "PBX: its lists may be asked for, so gaps are filled from them" }
  }
  const what = `PBX: its lists may not be asked for (${header(response, "Message") ?? "refused"})`
  return { is: "could be better", what, mend: "write=command for this user; res_outbound loaded" }
}

function judgeEvents(booted: AmiMessage | undefined): Finding[] {
  if (!booted) {
    const what = "PBX: FullyBooted did not come, so Shutdown will not either"
    return [{ is: "could be better", what, mend: "read=message,system (no blank after the comma)" }]
  }
  if (header(booted, "Timestamp") !== undefined) {
    return [{ is: "ok", what: "PBX: events bear a Timestamp, so twin collectors agree on each" }]
  }
  const what = "PBX: events bear no Timestamp, so dllist and queue events of twins come twice"
  return [{ is: "could be better", what, mend: "timestampevents=yes in [general] of manager.conf" }]
}

function judgeClock(pong: AmiMessage, now: number): Finding[] {
  const seconds = now / 1_000 - Number(header(pong, "Timestamp"))
  if (!Number.isFinite(seconds)) return []
  const what = `clocks: ours is ${Math.abs(seconds).toFixed(1)} s ${seconds < 0 ? "behind" : "ahead of"} the PBX's`
  if (Math.abs(seconds) <= SKEW_SECONDS) return [{ is: "ok", what }]
  return [{ is: "could be better", what, mend: "NTP on both: times of gaps are by our clock" }]
}

async function checkQueue(settings: CollectorSettings, sqs: Sqs): Promise<Finding> {
  const { sourceToken, ingestQueueUrl } = settings
  const token = parseSourceToken(sourceToken)!
  const { tenant, source } = token
  const sender = makeEnvelope({ tenant, source, collector: makeMessageId() })
  const idle = { connectedSince: null, spoolDepth: 0, spoolAgeSeconds: 0 }
  const heartbeat = sender.heartbeat({ receivedAt: Date.now(), version, ...idle })
  const command = new SendMessageCommand({
    QueueUrl: ingestQueueUrl,
    MessageBody: sealMessage(heartbeat, token),
    MessageGroupId: source,
  })
  try {
    await sqs.send(command)
    return { is: "ok", what: "queue: took a message" }
  } catch (cause) {
    const { name, message } = cause as Error
    const mend = /access|auth|token|credential|signature/i.test(name)
      ? "AWS credentials that may call sqs:SendMessage on this queue"
      : "RINGBACK_INGEST_QUEUE_URL, AWS_REGION, AWS_ENDPOINT_URL_SQS, and the way there"
    return { is: "WRONG", what: `queue: ${name}: ${message}`, mend }
  }
}

function checkSpool(dir: string): Finding {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    accessSync(dir, constants.W_OK)
    return { is: "ok", what: `spool: ${dir} can be written` }
  } catch (cause) {
    const what = `spool: ${dir}: ${(cause as Error).message}`
    return { is: "WRONG", what, mend: "RINGBACK_SPOOL_DIR, or the rights of this user there" }
  }
}
