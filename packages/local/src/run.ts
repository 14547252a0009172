import { appendFileSync } from "node:fs"
import { makeLog } from "@ringback/collector/log"
import { makeAdmin } from "./admin.ts"
import { startApi } from "./api-server.ts"
import { type DataDir, openDataDir } from "./data-dir.ts"
import { startDemo } from "./demo.ts"
import { keepSource } from "./kept-source.ts"
import { readPbx, startLocalCollector } from "./local-collector.ts"
import { keepLogSmall } from "./log-file.ts"
import { linkResources } from "./resources.ts"
import { listenError, type Services, startServices } from "./services.ts"
import { readSettings, type Settings } from "./settings.ts"
import type { Shutdown } from "./shutdown.ts"
import type { Story } from "./story.ts"
import { loadApi, loadHandlers, startWorkers } from "./workers.ts"

/** Starts everything on this machine, and says so: once on stdout for programs, on stderr for people. */
export async function run(environment: NodeJS.ProcessEnv, story: Story, shutdown: Shutdown) {
  const settings = readSettings(environment)
  const pbx = settings.hasPbx ? readPbx(environment) : undefined
  const dir = openDataDir(settings.dataDir, settings.operatorKey)
  shutdown.add(dir.release)
  shutdown.add(keepLogSmall(dir.logPath).close)
  const log = makeLog((line) => appendFileSync(dir.logPath, line), Date.now)

  const services = await startServices(settings, dir.path)
  shutdown.add(services.close)
  process.env["SST_RESOURCES_JSON"] = linkResources(settings, services.provisioned, dir)
  const [handlers, app] = await Promise.all([loadHandlers(), loadApi()])
  const api = await startApi(app.fetch, settings.port).catch((error: unknown) => {
    throw listenError(error, "RINGBACK_PORT", settings.port)
  })
  shutdown.add(api.close)

  const admin = makeAdmin(api.url, dir.operatorKey)
  // The receiver before the workers: what is still to be delivered finds it where it listens now.
  const demo = settings.isDemo ? await startDemo(admin, dir, story, shutdown) : undefined
  const workers = startWorkers({
    ...services,
    handlers,
    onError: (error) => log("worker.failed", { reason: String(error) }),
  })
  shutdown.add(workers.close)

  announce(dir, services, api.url, shutdown)
  tell(story, settings, dir, services, api.url)
  const ingestQueueUrl = services.provisioned.queues.Ingest.url
  const common = { ingestQueueUrl, dataDir: dir.path, log }
  if (demo) {
    const { ami, token } = demo
    const spool = "spool-demo"
    const collector = await startLocalCollector({ ...common, ami, token, spool })
    shutdown.add(collector.stop)
    story.say("A demo PBX plays a campaign of five calls; the demo receiver at")
    story.say(`${demo.receiverUrl} checks each signature:`)
    story.say()
  }
  if (pbx) {
    const kept = await keepSource(admin, dir, "local")
    const { token } = kept
    const collector = await startLocalCollector({ ...common, ...pbx, token, spool: "spool-local" })
    shutdown.add(collector.stop)
    story.facts([
      ["PBX", `${pbx.ami.host}:${pbx.ami.port}`],
      ["Tenant", kept.tenant],
      ["Source", kept.source],
      ["Token", token],
    ])
    story.say()
  }
}

/** The one line on stdout; the same in a file, for the CLI. */
function announce(dir: DataDir, services: Services, apiUrl: string, shutdown: Shutdown) {
  const line = JSON.stringify({
    ready: true,
    pid: process.pid,
    apiUrl,
    docsUrl: `${apiUrl}/docs`,
    ingestQueueUrl: services.provisioned.queues.Ingest.url,
    awsEndpointSqs: services.sqsUrl,
  })
  dir.write("ready.json", `${line}\n`)
  shutdown.add(() => dir.remove("ready.json"))
  process.stdout.write(`${line}\n`)
}

function tell(story: Story, settings: Settings, dir: DataDir, services: Services, apiUrl: string) {
  const place = settings.operatorKey ? "RINGBACK_OPERATOR_KEY" : `kept in ${dir.path}/operator-key`
  story.say()
  story.say("Ringback is up, all of it on this machine.")
  story.say()
  story.facts([
    ["API", apiUrl],
    ["Docs", `${apiUrl}/docs`],
    ["SQS", services.sqsUrl],
    ["DynamoDB", services.dynamodbUrl],
    ["Data", dir.path],
    ["Log", dir.logPath],
    ["Operator key", settings.operatorKey ? `as in ${place}` : `${dir.operatorKey} (${place})`],
    [
      "Try",
      `curl -H "Authorization: Bearer ${settings.operatorKey ? "$RINGBACK_OPERATOR_KEY" : dir.operatorKey}" ${apiUrl}/v1/tenants`,
    ],
  ])
  story.say()
}
