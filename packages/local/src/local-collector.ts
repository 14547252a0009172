import { join } from "node:path"
import type { AmiTarget } from "@ringback/ami/session"
import { type Collector, startCollector } from "@ringback/collector/collector"
import type { Log } from "@ringback/collector/log"
import { type CollectorSettings, readSettings } from "@ringback/collector/settings"
import { makeSqs } from "@ringback/collector/sqs"
import type { Tracing } from "@ringback/telemetry/tracing"
import { formatSourceToken } from "@ringback/events/token"

export type Pbx = Pick<CollectorSettings, "ami" | "amiEvents">

/**
 * The PBX named by AMI_HOST and the related settings, parsed as the collector itself does. Throws a
 * SettingError.
 */
export function readPbx(environment: NodeJS.ProcessEnv): Pbx & { healthPort: number | null } {
  const settings = readSettings({
    ...environment,
    // What only npm start knows, later on.
    RINGBACK_SOURCE_TOKEN: noToken,
    RINGBACK_INGEST_QUEUE_URL: "http://127.0.0.1/000000000000/none",
  })
  const healthPort = environment["RINGBACK_HEALTH_PORT"] ? settings.healthPort : null
  return { ami: settings.ami, amiEvents: settings.amiEvents, healthPort }
}

const zeros = "0".repeat(26)
const noToken = formatSourceToken({
  tenant: `ten_${zeros}`,
  source: `src_${zeros}`,
  keyId: "00000000",
  key: Buffer.alloc(32),
})

export type LocalCollectorOptions = {
  ami: AmiTarget
  amiEvents?: string[]
  healthPort?: number | null
  token: string
  ingestQueueUrl: string
  /** The API that says regularly whether the token is valid. */
  apiUrl: string
  dataDir: string
  /** Its spool's name in the data directory. */
  spool: string
  tracing?: Tracing
  log: Log
}

/**
 * The collector of an on-site installation, running in this process, with its spool in the data
 * directory.
 */
export async function startLocalCollector(options: LocalCollectorOptions): Promise<Collector> {
  const spoolDir = join(options.dataDir, options.spool)
  return startCollector({
    ami: options.ami,
    amiEvents: options.amiEvents ?? [],
    sourceToken: options.token,
    ingestQueueUrl: options.ingestQueueUrl,
    apiUrl: options.apiUrl,
    sqs: makeSqs(process.env["AWS_REGION"] ?? "us-east-1", options.ingestQueueUrl, process.env),
    spoolDir,
    healthPort: options.healthPort ?? null,
    ...(options.tracing && { tracing: options.tracing }),
    log: options.log,
  })
}
