import type { DatabaseSync } from "node:sqlite"
import type { buildApp, BuildAppOptions } from "fauxqs"

type Stores = NonNullable<BuildAppOptions["stores"]>
type Persistence = NonNullable<Stores["sqsStore"]["persistence"]>
type Queue = {
  pollTimer?: NodeJS.Timeout | undefined
  processTimers: () => void
  startPollTimerIfNeeded: () => void
}
type Constructor<T, Args extends unknown[] = []> = new (...args: Args) => T

// fauxqs listens on 0.0.0.0 whatever it is told, so its parts are put together here and its app listens
// where we say. The parts are not among its exports: the version is pinned, and a test opens the port.
const load = async (path: string) =>
  (await import(new URL(path, import.meta.resolve("fauxqs")).href)) as Record<string, unknown>

// While somebody waits at a queue it looks for what is visible again every 20 ms. A tenth of a second does, and an idle
// machine with four queues is asked for ten looks a second instead of fifty at each.
const LOOK_EVERY_MS = 100

function lookSeldom(Queue: { prototype: Queue }): void {
  Queue.prototype.startPollTimerIfNeeded = function (this: Queue) {
    this.pollTimer ??= setInterval(() => this.processTimers(), LOOK_EVERY_MS)
  }
}

/** An SQS without a socket: Fastify's app, its queues kept in `dataDir` or in memory. */
export async function buildFauxqs(dataDir?: string): Promise<ReturnType<typeof buildApp>> {
  const [app, sqs, sns, s3, persistence] = await Promise.all([
    load("./app.js"),
    load("./sqs/sqsStore.js"),
    load("./sns/snsStore.js"),
    load("./s3/s3Store.js"),
    load("./persistence.js"),
  ])
  const stores = {
    sqsStore: new (sqs["SqsStore"] as Constructor<Stores["sqsStore"]>)(),
    snsStore: new (sns["SnsStore"] as Constructor<Stores["snsStore"]>)(),
    s3Store: new (s3["S3Store"] as Constructor<Stores["s3Store"]>)(),
  }
  lookSeldom(sqs["SqsQueue"] as { prototype: Queue })
  // Without a host of its own, a queue's URL has the host and port of the request that asks for it.
  stores.sqsStore.host = ""
  const Persistence = persistence["PersistenceManager"] as Constructor<Persistence, [string]>
  const kept = dataDir === undefined ? undefined : new Persistence(dataDir)
  if (kept) {
    // As LevelDB does it beside it: what was acknowledged survives SIGKILL, and no send waits for a flush of the disk.
    const { db } = kept as unknown as { db: DatabaseSync }
    db.exec("PRAGMA synchronous = NORMAL")
    kept.load(stores.sqsStore, stores.snsStore, stores.s3Store)
    stores.sqsStore.persistence = kept
    for (const queue of stores.sqsStore.allQueues()) queue.persistence = kept
  }
  const built = (app["buildApp"] as typeof buildApp)({ logger: false, stores })
  if (kept) built.addHook("onClose", async () => kept.close())
  return built
}
