import { systemClock } from "@ringback/ami/clock"
import { parseSourceToken } from "@ringback/events/token"
import type { CollectorOptions } from "./collector-options.ts"
import { type Health, startHealth } from "./health.ts"
import type { Log } from "./log.ts"
import { makeMetrics } from "./metrics.ts"
import { PbxCollector } from "./pbx-collector.ts"
import { SettingError } from "./settings.ts"
import type { Status } from "./status.ts"
import { openStorage } from "./spool/storage.ts"
import { startTokenCheck } from "./token-check.ts"

export type { CollectorOptions } from "./collector-options.ts"

export type Collector = {
  /** Resolves at the first login. */
  ready: Promise<void>
  healthPort: number | null
  status: () => Status
  /**
   * Applies new credentials of the same source without missing an event. Without `ami` the session
   * stays.
   */
  reload: (
    options: Pick<CollectorOptions, "sourceToken"> & Partial<Pick<CollectorOptions, "ami">>,
  ) => Promise<void>
  /**
   * Logs off, sends what is left in the spool while the queue is reachable, and unlocks the
   * directory.
   */
  stop: () => Promise<void>
}

const MEGABYTE = 1_048_576

/**
 * Forwards the events of one PBX to the ingest queue until stopped. Throws a SettingError if it
 * cannot start.
 */
export async function startCollector(options: CollectorOptions): Promise<Collector> {
  const { spoolDir, clock = systemClock, healthPort = null } = options
  const token = parseSourceToken(options.sourceToken)
  if (!token) throw new SettingError("RINGBACK_SOURCE_TOKEN is not a source token (rbs_...)")
  const log: Log = (event, fields) => options.log(event, { source: token.source, ...fields })
  const maxBytes = (options.spoolMaxMb ?? 1_024) * MEGABYTE
  const storage = await openStorage({ dir: spoolDir, maxBytes, log, now: clock.now })
  let health: Health | undefined
  try {
    const pbxCollector = new PbxCollector({
      onBatch: (ms) => metrics?.observeBatch(token.source, ms),
      ...options,
      token,
      storage,
      log,
      clock,
    })
    const statuses = () => [pbxCollector.status()]
    const metrics = healthPort === null ? undefined : makeMetrics(statuses)
    if (metrics)
      health = await startHealth(statuses, metrics.registry, healthPort!, options.healthHost)
    pbxCollector.start()
    let { sourceToken } = options
    const tokenCheck =
      options.apiUrl === undefined
        ? undefined
        : startTokenCheck({
            apiUrl: options.apiUrl,
            token: () => sourceToken,
            everyMs: options.tokenCheckMs,
            log,
          })
    return {
      ready: pbxCollector.ready,
      healthPort: health?.port ?? null,
      status: () => pbxCollector.status(),
      async reload({ ami, sourceToken: text }) {
        const next = parseSourceToken(text)
        if (next?.source !== token.source) {
          throw new SettingError(
            "RINGBACK_SOURCE_TOKEN belongs to another source: restart the collector to change it",
          )
        }
        sourceToken = text
        await pbxCollector.reload(ami, next)
      },
      async stop() {
        tokenCheck?.stop()
        await pbxCollector.stop()
        await health?.close()
      },
    }
  } catch (error) {
    await storage.close()
    throw error
  }
}
