import { join } from "node:path"
import { version } from "@ringback/functions/runtime/version"
import type { DataDir } from "./data-dir.ts"
import type { Services } from "./services.ts"
import type { Settings } from "./machine-settings.ts"
import type { TerminalOutput } from "./terminal-output.ts"

/** The one line on stdout, for programs; the same in a file, for the CLI. */
export function announce(dir: DataDir, services: Services, apiUrl: string): void {
  const line = JSON.stringify({
    ready: true,
    pid: process.pid,
    apiUrl,
    docsUrl: `${apiUrl}/docs`,
    ingestQueueUrl: services.provisioned.queues.Ingest.url,
    awsEndpointSqs: services.sqsUrl,
  })
  dir.write("ready.json", `${line}\n`)
  process.stdout.write(`${line}\n`)
}

export type Introduction = {
  settings: Settings
  services: Services
  apiUrl: string
  portalUrl: string
  /** The URL of the demo CRM's page, if it runs. */
  crmUrl: string | undefined
  operatorKey: string
  /** The tenant whose events the example lists, if there is one. */
  tenant: string | undefined
}

/** Shows what is running and how to use it, for the person at the terminal. */
export function introduce(output: TerminalOutput, introduction: Introduction): void {
  const { settings, services, apiUrl, portalUrl, crmUrl, operatorKey, tenant } = introduction
  const { dataDir } = settings
  // A chosen key is not shown: it may protect more than this installation.
  const isChosen = settings.operatorKey !== undefined
  const key = isChosen ? "$RINGBACK_OPERATOR_KEY" : operatorKey
  const path = tenant ? `/v1/tenants/${tenant}/events?limit=3` : "/v1/tenants"
  const kind = (url: string | undefined) => (url ? "yours" : "embedded")
  output.say()
  output.title(`Ringback ${version} is up, all of it on this machine. Ctrl-C ends it.`)
  output.say()
  output.facts([
    ["API", apiUrl, `docs at ${apiUrl}/docs`],
    ["SQS", services.sqsUrl, kind(settings.sqsUrl)],
    ["DynamoDB", services.dynamodbUrl, kind(settings.dynamodbUrl)],
    ["Data", dataDir, `log in ${join(dataDir, "ringback.log")}`],
    ["Operator key", key, isChosen ? "" : `in ${join(dataDir, "operator-key")}`],
  ])
  output.say()
  const how = tenant ? "opens the portal and signs you in, once" : "sign in with the operator key"
  output.facts([["Portal", portalUrl, how]])
  if (crmUrl) output.facts([["Demo CRM", crmUrl, "shows each call on its contact"]])
  output.facts([["Try", `curl -H "Authorization: Bearer ${key}" '${apiUrl}${path}'`]])
  output.say()
}
