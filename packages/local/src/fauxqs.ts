import type { DatabaseSync } from "node:sqlite"
import type { buildApp, BuildAppOptions } from "fauxqs"
import { type FairQueue, makeQueuesFair } from "./fair-queue.ts"

type Stores = NonNullable<BuildAppOptions["stores"]>
type Persistence = NonNullable<Stores["sqsStore"]["persistence"]>
type Queue = {
  pollTimer?: NodeJS.Timeout | undefined
  processTimers: () => void
  startPollTimerIfNeeded: () => void
}
type Constructor<T, Args extends unknown[] = []> = new (...args: Args) => T

// fauxqs always listens on 0.0.0.0, so its parts are assembled here and its app listens on the
// given host. The parts are not exported: the version is pinned, and a test opens the port.
const load = async (path: string) =>
  (await import(new URL(path, import.meta.resolve("fauxqs")).href)) as Record<string, unknown>

// While a receiver waits at a queue, fauxqs checks every 20 ms for messages that are visible again.
// A tenth of a second is sufficient: an idle machine with four queues makes ten checks a second per
// queue instead of fifty.
const LOOK_EVERY_MS = 100

function lookSeldom(Queue: { prototype: Queue }): void {
  Queue.prototype.startPollTimerIfNeeded = function (this: Queue) {
    this.pollTimer ??= setInterval(() => this.processTimers(), LOOK_EVERY_MS)
  }
}

/** An SQS without a socket: Fastify's app, with its queues in `dataDir` or in memory. */
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
  // Without a configured host, a queue's URL has the host and port of the request.
  stores.sqsStore.host = ""
  const { makeFair, noteGroups } = makeQueuesFair()
  const { sqsStore } = stores
  const createQueue = sqsStore.createQueue.bind(sqsStore)
  sqsStore.createQueue = (...args) => {
    const queue = createQueue(...args)
    makeFair(queue as unknown as FairQueue)
    return queue
  }
  const Persistence = persistence["PersistenceManager"] as Constructor<Persistence, [string]>
  const kept = dataDir === undefined ? undefined : new Persistence(dataDir)
  if (kept) {
    // Like LevelDB: acknowledged writes survive SIGKILL, and no send waits for a flush of the disk.
    const { db } = kept as unknown as { db: DatabaseSync }
    db.exec("PRAGMA synchronous = NORMAL")
    kept.load(stores.sqsStore, stores.snsStore, stores.s3Store)
    stores.sqsStore.persistence = kept
    for (const queue of stores.sqsStore.allQueues()) queue.persistence = kept
  }
  const built = (app["buildApp"] as typeof buildApp)({ logger: false, stores })
  noteGroups(built)
  if (kept) built.addHook("onClose", async () => kept.close())
  return built
}
