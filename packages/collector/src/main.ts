import { startCollector } from "./collector.ts"
import { makeLog } from "./log.ts"
import { readSettings, SettingError } from "./settings.ts"
import { makeSqs } from "./sqs.ts"

const log = makeLog((line) => process.stdout.write(line), Date.now)

try {
  const settings = readSettings(process.env)
  const sqs = makeSqs(settings.region, settings.ingestQueueUrl, process.env)
  const collector = await startCollector({ ...settings, sqs, log })
  const stop = async () => {
    await collector.stop()
    sqs.destroy()
    process.exit(0)
  }
  process.once("SIGTERM", () => void stop())
  process.once("SIGINT", () => void stop())
} catch (error) {
  if (!(error instanceof SettingError)) throw error
  process.stderr.write(`ringback collector: ${error.message}\n`)
  process.exit(2)
}
