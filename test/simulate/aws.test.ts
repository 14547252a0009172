import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { EventSource } from "./aws/event-source.ts"
import { Account, Fleet } from "./aws/fleet.ts"
import { Table } from "./aws/partitions.ts"
import { Queue } from "./aws/queue.ts"
import { newUsage } from "./aws/usage.ts"
import { Agenda } from "./engine/agenda.ts"
import { makeRandom } from "./engine/random.ts"

const group = () => ({ inFlight: 0 })

describe("a queue", () => {
  test("takes others' messages first while one group has most of what is in flight", () => {
    const agenda = new Agenda()
    const queue = new Queue<string>("Retry", agenda, 60_000)
    const [noisy, quiet] = [group(), group()]
    const send = (message: string, of: typeof noisy, count: number) =>
      queue.send(
        Array.from({ length: count }, () => ({ message, group: of })),
        agenda.now,
      )
    send("noisy", noisy, 200)
    agenda.run()
    for (let index = 0; index < 4; index++) queue.receive(10)
    send("quiet", quiet, 5)
    agenda.run()
    const first = queue.receive(5).map(({ message }) => message)
    assert.deepEqual(first, Array(5).fill("quiet"))
    assert.equal(queue.receive(10)[0]?.message, "noisy")
  })

  test("shows a message again when its time is over, and forgets it once it is deleted", () => {
    const agenda = new Agenda()
    const queue = new Queue<string>("Ingest", agenda, 60_000)
    const one = group()
    queue.send([{ message: "a", group: one }], 0)
    agenda.run()
    queue.keep(queue.receive(10)[0]!)
    assert.deepEqual([queue.visible, queue.backlog], [0, 1])
    agenda.run()
    assert.ok(agenda.now >= 60_000)
    queue.delete(queue.receive(10)[0]!)
    assert.deepEqual([queue.backlog, one.inFlight], [0, 0])
  })
})

describe("a table", () => {
  test("takes a thousand units a second of one key, and then makes a write wait or refuses it", () => {
    const table = new Table({ warmWriteUnits: 40_000 })
    const key = table.partition("hot")
    for (let units = 0; units < 1_000; units++) assert.equal(table.write([[key, 1]], 700), 0)
    assert.equal(table.write([[key, 1]], 700), 300)
    assert.equal(table.write([[key, 1]], 100), undefined)
    assert.equal(key.throttles, 2)
    assert.equal(table.hottest(1)[0]?.name, "hot")
  })

  test("holds up a write whose entry in an index is throttled", () => {
    const table = new Table({ warmWriteUnits: 40_000 })
    const index = table.partition("due#0")
    for (let units = 0; units < 1_000; units++) table.write([[index, 1]], 800)
    const write = [
      [table.partition("item"), 1],
      [index, 1],
    ] as const
    assert.equal(table.write(write, 800), 200)
  })

  test("takes no more altogether than it is warm for", () => {
    const table = new Table()
    const keys = Array.from({ length: 10 }, (_, index) => table.partition(`${index}`))
    let taken = 0
    for (const key of keys) {
      for (let units = 0; units < 900; units++) taken += Number(table.write([[key, 1]], 0) === 0)
    }
    assert.equal(taken, 4_000)
  })
})

describe("Lambda's pollers", () => {
  /** Messages that each take a second, in batches of ten. */
  function start(maximumConcurrency: number, deaths: number) {
    const agenda = new Agenda()
    const queue = new Queue<number>("Delivery", agenda, 60_000)
    const handled: number[] = []
    const fleet = new Fleet(agenda, new Account(), 0)
    const source = new EventSource<number>({
      agenda,
      random: makeRandom(1),
      queue,
      fleet,
      usage: newUsage(),
      batchSize: 10,
      maximumConcurrency,
      megabytes: 512,
      deaths,
      handle(batch, _instance, startsAt) {
        handled.push(...batch)
        return startsAt + 1000
      },
    })
    const messages = Array.from({ length: 3_000 }, (_, message) => ({ message, group: group() }))
    queue.send(messages, 0)
    return { agenda, queue, source, fleet, handled }
  }

  test("begin with five batches, add five each second, and stay below the mapping's maximum", () => {
    const { agenda, source } = start(20, 0)
    agenda.run(900)
    assert.equal(source.mostRunning, 5)
    agenda.run(1_900)
    assert.equal(source.mostRunning, 10)
    agenda.run()
    assert.equal(source.mostRunning, 20)
  })

  test("hand out every message once, where no instance dies", () => {
    const { agenda, queue, source, fleet, handled } = start(50, 0)
    agenda.run()
    assert.equal(queue.backlog, 0)
    assert.equal(new Set(handled).size, 3_000)
    assert.equal(handled.length, 3_000)
    assert.equal(source.batchMean, 10)
    assert.equal(fleet.coldStarts, source.mostRunning)
  })

  test("hand out again what a dead instance had", () => {
    const { agenda, queue, source, handled } = start(50, 0.2)
    agenda.run()
    assert.ok(source.deaths > 0)
    assert.equal(queue.backlog, 0)
    assert.equal(new Set(handled).size, 3_000)
  })
})
