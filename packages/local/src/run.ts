import type { Collector } from "@ringback/collector/collector"
import { openTelemetry } from "@ringback/collector/telemetry"
import { makeAdmin, type Admin } from "./admin.ts"
import { announce, introduce } from "./announce.ts"
import { startApi, type Answer } from "./api-server.ts"
import { openDataDir, type DataDir } from "./data-dir.ts"
import { startDemo } from "./demo.ts"
import { startDemoCrm } from "./demo-crm/crm-server.ts"
import { concerns, keepSource, type KeptCollector, renewToken } from "./kept-source.ts"
import { readPbx, startLocalCollector } from "./local-collector.ts"
import { keepLogSmall, openLogFile } from "./log-file.ts"
import { failuresTo, withWarnings } from "./warnings.ts"
import { makeMetrics, withMetrics } from "./metrics.ts"
import { linkResources } from "./resources.ts"
import { listenError, startServices } from "./services.ts"
import { nameRefusedEndpoints } from "./refused-endpoints.ts"
import { readSettings } from "./machine-settings.ts"
import type { Shutdown } from "./shutdown.ts"
import type { TerminalOutput } from "./terminal-output.ts"
import { loadApi, loadFirstDueAt, loadHandlers, startWorkers } from "./workers.ts"

/**
 * Starts everything on this machine, and reports it: once on stdout for programs, and on stderr for
 * people.
 */
export async function run(
  environment: NodeJS.ProcessEnv,
  output: TerminalOutput,
  shutdown: Shutdown,
  onBroken: (error: Error) => void,
) {
  const settings = readSettings(environment)
  const pbx = settings.hasPbx ? readPbx(environment) : undefined
  const dir = openDataDir(settings.dataDir, settings.operatorKey)
  shutdown.add(dir.release)
  shutdown.add(keepLogSmall(dir.logPath).close)
  const toFile = openLogFile(dir.logPath, failuresTo(output, "The log cannot be written"))

  const telemetry = openTelemetry(environment, toFile)
  shutdown.add(async () => telemetry?.stop())

  const services = await startServices(settings, dir, onBroken)
  shutdown.add(services.close)
  // Listens before it can respond: links into the portal contain the port, which may be any free
  // one.
  let answer: Answer = () => new Response("Ringback is starting", { status: 503 })
  const api = await startApi((request) => answer(request), settings.port).catch(
    (error: unknown) => {
      throw listenError(error, "RINGBACK_PORT", settings.port)
    },
  )
  shutdown.add(api.close)
  // A stand-in that a setting names replaces the demo CRM.
  const hasDemoCrm = settings.isDemo && settings.crmUrls["hubspot"] === undefined
  const crm = hasDemoCrm ? await startDemoCrm(callsFileOf(dir)) : undefined
  if (crm) shutdown.add(crm.close)
  const crmUrls = { ...settings.crmUrls, ...(crm && { hubspot: crm.url }) }
  const resources = linkResources({ ...settings, crmUrls }, services, dir, api.url)
  process.env["SST_RESOURCES_JSON"] = resources
  const [handlers, firstDueAt, { app, deps }] = await Promise.all([
    loadHandlers(),
    loadFirstDueAt(),
    loadApi(),
  ])
  const running: (KeptCollector & { collector: Collector })[] = []
  const metrics = makeMetrics(deps.relay, () => running.map(({ collector }) => collector.status()))
  telemetry?.exportMetrics(metrics)
  const serve = withMetrics(app.fetch, metrics, dir.operatorKey)
  answer = serve
  shutdown.add(async () => deps.tracing?.flush(LAST_SPANS_MS))

  const admin = makeAdmin(api.url, dir.operatorKey)
  // The receiver starts before the workers: pending deliveries find it at its new address.
  const keep = async (name: string) => keepSource(admin, deps.table, dir, name)
  const demo = settings.isDemo
    ? await startDemo(admin, await keep("demo"), output, shutdown, crm)
    : undefined
  const local = pbx && { kept: await keep("local"), ...pbx }
  const sayFailure = failuresTo(output, "Not all can be done now, and is tried again")
  const workers = startWorkers({
    ...services,
    handlers,
    firstDueAt,
    onError(error) {
      toFile("worker.failed", { reason: String(error) })
      sayFailure(error)
    },
  })
  shutdown.add(workers.close)
  answer = async (request) => {
    const response = await serve(request)
    if (request.method !== "GET") workers.noteWork()
    for (const each of response.status < 400 ? running : [])
      if (concerns(each.kept, request)) await renewToken(deps.table, each, output).catch(sayFailure)
    return response
  }

  announce(dir, services, api.url)
  shutdown.add(() => dir.remove("ready.json"))
  const { operatorKey } = dir
  const tenant = (demo ?? local)?.kept.tenant
  const portalUrl = await portalUrlOf(admin, api.url, tenant)
  const urls = { apiUrl: api.url, portalUrl, crmUrl: crm?.url }
  introduce(output, { settings, services, ...urls, operatorKey, tenant })
  const sayUnread = failuresTo(output, "The stored endpoints could not be looked through")
  await nameRefusedEndpoints(deps, output).catch(sayUnread)

  const follow = async (each: (typeof running)[number]) => {
    running.push(each)
    shutdown.add(each.collector.stop)
    // A request may have changed it since it was read.
    await renewToken(deps.table, each, output).catch(sayFailure)
  }
  const ingestQueueUrl = services.provisioned.queues.Ingest.url
  const common = {
    ingestQueueUrl,
    apiUrl: api.url,
    dataDir: dir.path,
    ...(telemetry && { tracing: telemetry.tracing }),
  }
  if (demo) {
    const { ami, kept, receiverUrl } = demo
    output.say("A demo PBX plays a campaign of five calls, again and again. Its webhooks, as")
    output.say(`the demo receiver at ${receiverUrl} gets and verifies them:`)
    output.say()
    const log = withWarnings(output, toFile, { isDemo: true })
    const options = { ...common, ami, token: kept.token, spool: "spool-demo", log }
    const collector = await startLocalCollector(options)
    await follow({ kept, collector })
  }
  if (local) {
    const { ami, kept } = local
    const { host, port } = ami
    output.facts([
      ["PBX", `${host}:${port}`],
      ["Tenant", kept.tenant],
      ["Source", kept.source],
      ["Token", kept.token, "for npm run collector"],
      ["Listen", "npm run cli -- --tenant local listen", "shows its webhooks"],
    ])
    output.say()
    const log = withWarnings(output, toFile, { isDemo: false })
    const options = { ...common, ...local, token: kept.token, spool: "spool-local", log }
    const collector = await startLocalCollector(options)
    await follow({ kept, collector })
  }
}

const LAST_SPANS_MS = 1_000
const CALLS_FILE = "demo-crm.json"
const callsFileOf = (dir: DataDir) => ({
  read: () => dir.read(CALLS_FILE),
  write: (text: string) => dir.write(CALLS_FILE, text),
})

const DAY_SECONDS = 24 * 3600

/** A link that signs in to this tenant's pages. If there is no tenant yet, the sign-in page. */
async function portalUrlOf(admin: Admin, apiUrl: string, tenant: string | undefined) {
  const body = { expiresInSeconds: DAY_SECONDS }
  const link =
    tenant && (await admin.call<{ url: string }>("POST", `/tenants/${tenant}/portal-links`, body))
  return link ? link.url : `${apiUrl}/portal`
}
