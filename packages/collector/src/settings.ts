import { readFileSync } from "node:fs"
import type { AmiTarget } from "@ringback/ami/session"
import { parseSourceToken } from "@ringback/events/token"
import * as v from "valibot"

/** A setting is missing or invalid. The message is one line that names the setting. */
export class SettingError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = "SettingError"
  }
}

export type Environment = Record<string, string | undefined>

const isMissing = "is missing"
const Required = v.pipe(v.string(isMissing), v.nonEmpty(isMissing))

// A line of the login, which has up to 1,024 bytes in all.
const MAX_CREDENTIAL_BYTES = 400
const Credential = v.pipe(
  Required,
  // oxlint-disable-next-line no-control-regex
  v.regex(/^[^\u0000-\u001f]*$/, "must be one line"),
  v.maxBytes(MAX_CREDENTIAL_BYTES, `can have up to ${MAX_CREDENTIAL_BYTES} bytes`),
)

const Whole = (min: number, max: number) => {
  const message = `must be a whole number from ${min} to ${max}`
  return v.pipe(
    v.string(),
    v.regex(/^\d{1,9}$/, message),
    v.transform(Number),
    v.minValue(min, message),
    v.maxValue(max, message),
  )
}

const Flag = v.pipe(
  v.picklist(["0", "1"], "must be 1 or 0"),
  v.transform((text) => text === "1"),
)

const AmiEvents = v.pipe(
  v.string(),
  // Ignores a trailing comma.
  v.transform((text) => text.replace(/,\s*$/, "").split(",")),
  v.array(
    v.pipe(
      v.string(),
      v.trim(),
      v.regex(/^[A-Za-z0-9][\w-]*$/, "must be AMI event names separated by commas"),
    ),
  ),
)

const AQueueUrl =
  "must be a queue's URL, such as https://sqs.eu-central-1.amazonaws.com/123456789012/NAME"
const QueueUrl = v.pipe(
  Required,
  v.regex(/^https?:\/\/[^/]+\/[^/]+\/[^/]+$/, AQueueUrl),
  v.check((text) => URL.canParse(text), AQueueUrl),
  v.check(
    (text) => !text.endsWith(".fifo"),
    "is a FIFO queue's: the ingest queue is a standard one",
  ),
)

const AnApiUrl = "must be the URL of Ringback's API, such as https://api.example.com"
const ApiUrl = v.pipe(
  v.string(),
  v.regex(/^https?:\/\/[^/]+/, AnApiUrl),
  v.check((text) => URL.canParse(text), AnApiUrl),
  v.transform((url) => url.replace(/\/+$/, "")),
)

const SourceToken = v.pipe(
  Required,
  v.check((text) => parseSourceToken(text) !== undefined, "is not a source token (rbs_...)"),
)

const Environment = v.object({
  AMI_HOST: Required,
  AMI_PORT: v.optional(Whole(1, 65_535)),
  AMI_USERNAME: Credential,
  AMI_SECRET: Credential,
  AMI_TLS: v.optional(Flag, "0"),
  AMI_TLS_CA: v.optional(v.string()),
  AMI_AUTH: v.optional(v.picklist(["md5", "plain"], "must be md5 or plain"), "md5"),
  RINGBACK_SOURCE_TOKEN: SourceToken,
  RINGBACK_INGEST_QUEUE_URL: QueueUrl,
  RINGBACK_API_URL: v.optional(ApiUrl),
  RINGBACK_AMI_EVENTS: v.optional(AmiEvents),
  RINGBACK_SPOOL_DIR: v.optional(v.string(), "./spool"),
  RINGBACK_SPOOL_MAX_MB: v.optional(Whole(1, 1_000_000), "1024"),
  RINGBACK_SEND_RATE: v.optional(Whole(1, 1_000_000), "2000"),
  RINGBACK_HEALTH_PORT: v.optional(Whole(0, 65_535), "9464"),
  RINGBACK_HEALTH_HOST: v.optional(v.string(), "127.0.0.1"),
  AWS_REGION: v.optional(v.string()),
})

export type CollectorSettings = {
  ami: AmiTarget
  sourceToken: string
  ingestQueueUrl: string
  apiUrl?: string
  spoolDir: string
  spoolMaxMb: number
  sendRate: number
  amiEvents: string[]
  healthPort: number
  healthHost: string
  region: string
}

/**
 * Reads the settings from environment variables. Throws a SettingError that names the invalid ones.
 */
export function readSettings(environment: Environment): CollectorSettings {
  const found: Environment = {}
  for (const name of Object.keys(Environment.entries)) {
    // An empty value counts as unset, as in shells and compose files.
    const value = environment[name] || undefined
    if (value !== undefined) found[name] = value
  }
  for (const name of ["AMI_SECRET", "RINGBACK_SOURCE_TOKEN"]) {
    const path = environment[`${name}_FILE`]
    if (path) found[name] = readText(`${name}_FILE`, path).trim()
  }
  const parsed = v.safeParse(Environment, { ...blank, ...found }, { abortPipeEarly: true })
  if (!parsed.success) {
    const problems = parsed.issues.map(
      (issue) => `${String(issue.path?.[0]?.key)} ${issue.message}`,
    )
    throw new SettingError([...new Set(problems)].join("; "))
  }
  const all = parsed.output
  const isTls = all.AMI_TLS
  const ca = all.AMI_TLS_CA && readText("AMI_TLS_CA", all.AMI_TLS_CA)
  return {
    ami: {
      host: all.AMI_HOST,
      port: all.AMI_PORT ?? (isTls ? 5039 : 5038),
      username: all.AMI_USERNAME,
      secret: all.AMI_SECRET,
      auth: all.AMI_AUTH,
      ...(isTls && { tls: ca ? { ca } : {} }),
    },
    sourceToken: all.RINGBACK_SOURCE_TOKEN,
    ingestQueueUrl: all.RINGBACK_INGEST_QUEUE_URL,
    ...(all.RINGBACK_API_URL !== undefined && { apiUrl: all.RINGBACK_API_URL }),
    spoolDir: all.RINGBACK_SPOOL_DIR,
    spoolMaxMb: all.RINGBACK_SPOOL_MAX_MB,
    sendRate: all.RINGBACK_SEND_RATE,
    amiEvents: all.RINGBACK_AMI_EVENTS ?? [],
    healthPort: all.RINGBACK_HEALTH_PORT,
    healthHost: all.RINGBACK_HEALTH_HOST,
    region: all.AWS_REGION ?? regionOf(all.RINGBACK_INGEST_QUEUE_URL) ?? "us-east-1",
  }
}

const blank = {
  AMI_HOST: "",
  AMI_USERNAME: "",
  AMI_SECRET: "",
  RINGBACK_SOURCE_TOKEN: "",
  RINGBACK_INGEST_QUEUE_URL: "",
}

export function readText(setting: string, path: string): string {
  try {
    return readFileSync(path, "utf8")
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new SettingError(`${setting} names ${path}, which cannot be read (${code})`, { cause })
  }
}

const regionOf = (queueUrl: string) =>
  /^(?:[\w-]+\.)?sqs\.([a-z0-9-]+)\.(?:vpce\.)?(?:amazonaws\.com|api\.aws)/.exec(
    new URL(queueUrl).hostname,
  )?.[1]
