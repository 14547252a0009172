import assert from "node:assert/strict"
import { SendMessageCommand } from "@aws-sdk/client-sqs"
import { test, type TestContext } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import { pollQueue } from "@ringback/local/event-source"
import { startWorkers, type Handlers, type WorkerOptions } from "@ringback/local/workers"
import { queues } from "../../infra/facts.ts"
import { startStack, type Stack } from "../harness/stack.ts"
import { until } from "../harness/until.ts"

const EVERY_MS = 10
const MANY_MS = 30 * EVERY_MS

// Each test has queues of its own: at those of another, receivers that were given up would still be given messages.

/** Workers whose handlers do nothing but what is given. */
async function start(
  t: TestContext,
  firstDueAt: () => Promise<number>,
  handlers: Partial<Handlers> = {},
  onError: (error: unknown) => void = assert.ifError,
) {
  const stack = await startStack()
  const released: number[] = []
  const nothing = async () => undefined
  const all = Object.fromEntries(Object.keys(queues).map((name) => [name, nothing]))
  const workers = startWorkers({
    sqs: stack.sqs,
    provisioned: { queues: stack.queues } as unknown as WorkerOptions["provisioned"],
    handlers: {
      ...all,
      Release: async () => void released.push(Date.now()),
      ...handlers,
    } as Handlers,
    firstDueAt,
    isSqsOwn: true,
    releaseEveryMs: EVERY_MS,
    onError,
  })
  t.after(async () => {
    await workers.close()
    await stack.close()
  })
  return { stack, workers, released }
}

const say = (stack: Stack, QueueUrl: string) =>
  stack.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "work" }))

test("where nothing falls due, release sleeps until somebody has worked", async (t) => {
  let asked = 0
  const { stack, workers, released } = await start(t, async () => {
    asked++
    return Infinity
  })
  await until(() => asked > 0)
  await wait(MANY_MS)
  assert.equal(released.length, 1)
  workers.noteWork()
  await until(() => released.length > 1)
  await until(() => asked > 1)
  const before = released.length
  await say(stack, stack.queues.Retry.url)
  await until(() => released.length > before)
})

test("it is awake when the next thing falls due", async (t) => {
  const dueAt = Date.now() + MANY_MS
  const { released } = await start(t, async () => (Date.now() < dueAt ? dueAt : Infinity))
  await until(() => released.some((at) => at >= dueAt - EVERY_MS))
  assert.ok(released.length < MANY_MS / EVERY_MS / 2, `${released.length} releases`)
})

test("while somebody works anything may fall due: it does not sleep", async (t) => {
  let finish = () => {}
  const isFinished = new Promise<void>((resolve) => (finish = resolve))
  const { stack, released } = await start(t, async () => Infinity, { Delivery: () => isFinished })
  await say(stack, stack.queues.Delivery.url)
  await until(() => released.length > 5)
  finish()
})

test("what is not known to fall due may be due: a look that fails lets nothing wait", async (t) => {
  const errors: unknown[] = []
  const look = () => Promise.reject(new Error("no table"))
  const { released } = await start(t, look, {}, (error) => void errors.push(error))
  await until(() => released.length > 3 && errors.length > 2)
})

test("a receive that may wait 20 s is given up at once", { timeout: 15_000 }, async (t) => {
  const stack = await startStack()
  t.after(() => stack.close())
  const [url, seen] = [stack.queues.Jobs.url, [] as string[]]
  const source = pollQueue({
    sqs: stack.sqs,
    queueUrl: url,
    facts: queues.Jobs,
    handler: async ({ Records }) => void seen.push(...Records.map(({ body }) => body)),
    waitSeconds: 20,
    onError: assert.ifError,
  })
  await say(stack, url)
  await until(() => seen.length > 0)
  await source.close()
})
