import type { Linked } from "@ringback/functions/resources"
import type { DataDir } from "./data-dir.ts"
import type { Services } from "./services.ts"
import type { Settings } from "./machine-settings.ts"

const RETENTION_DAYS = 30
// Reads cost nothing here, and a person who has just created an endpoint looks for its first event
// at once.
const CACHED_MS = 200

/**
 * The resources that SST links to the functions on AWS, in the form in which the functions read
 * them here.
 */
export function linkResources(
  settings: Pick<Settings, "allowedNetworks" | "apiRateLimit" | "maxEndpoints" | "crmUrls">,
  { provisioned, inserts }: Pick<Services, "provisioned" | "inserts">,
  dir: Pick<DataDir, "operatorKey" | "dataKeyPath" | "logPath">,
  apiUrl: string,
): string {
  const { queues } = provisioned
  const linked: Linked & { App: { name: string; stage: string } } = {
    App: { name: "ringback", stage: "local" },
    Table: { name: provisioned.tableName },
    IngestQueue: { url: queues.Ingest.url },
    DeliveryQueue: { url: queues.Delivery.url },
    RetryQueue: { url: queues.Retry.url },
    JobsQueue: { url: queues.Jobs.url },
    RejectedQueue: { url: provisioned.rejectedUrl },
    IngestDeadLetters: { url: queues.Ingest.deadLetterUrl },
    DeliveryDeadLetters: { url: queues.Delivery.deadLetterUrl },
    RetryDeadLetters: { url: queues.Retry.deadLetterUrl },
    JobsDeadLetters: { url: queues.Jobs.deadLetterUrl },
    OperatorKey: { value: dir.operatorKey },
    Api: { url: apiUrl },
    DataKey: { type: "file", path: dir.dataKeyPath },
    Settings: {
      allowedNetworks: settings.allowedNetworks,
      retentionDays: RETENTION_DAYS,
      apiRateLimit: settings.apiRateLimit,
      maxEndpoints: settings.maxEndpoints,
      operatorLoopback: true,
      crmUrls: settings.crmUrls,
      cachedMs: CACHED_MS,
      ...(inserts && { inserts }),
      logFile: dir.logPath,
    },
  }
  return JSON.stringify(linked)
}
