import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Agenda } from "./engine/agenda.ts"
import { makePicker, makeRandom } from "./engine/random.ts"
import { Times } from "./engine/times.ts"

describe("virtual time", () => {
  test("goes from one planned thing to the next, and those of one moment keep their order", () => {
    const agenda = new Agenda()
    const random = makeRandom(1)
    const done: [at: number, index: number][] = []
    for (let index = 0; index < 500; index++) {
      const at = random.below(50)
      agenda.at(at, () => void done.push([agenda.now, index]))
    }
    agenda.run()
    assert.equal(done.length, 500)
    assert.deepEqual(
      done,
      done.toSorted(([a, first], [b, second]) => a - b || first - second),
    )
  })

  test("never goes back: what is planned for the past happens now", () => {
    const agenda = new Agenda()
    const seen: number[] = []
    agenda.at(100, () => agenda.at(10, () => seen.push(agenda.now)))
    agenda.run()
    assert.deepEqual(seen, [100])
  })

  test("stops at the time that it is given, with the rest still planned", () => {
    const agenda = new Agenda()
    const seen: number[] = []
    agenda.every(10, 50, () => void seen.push(agenda.now))
    agenda.run(25)
    assert.deepEqual([agenda.now, seen], [25, [10, 20]])
    agenda.run()
    assert.deepEqual(seen, [10, 20, 30, 40, 50])
  })
})

test("chance is the same for the same seed, and another for another", () => {
  const some = (seed: number) => {
    const random = makeRandom(seed)
    return [random.next(), random.wait(5), random.lognormal(150, 0.5), random.below(9)]
  }
  assert.deepEqual(some(7), some(7))
  assert.notDeepEqual(some(7), some(8))
})

test("a weighted choice follows its weights", () => {
  const pick = makePicker([1, 0, 3], makeRandom(3))
  const counts = [0, 0, 0]
  for (let index = 0; index < 10_000; index++) counts[pick()]!++
  assert.equal(counts[1], 0)
  assert.ok(Math.abs(counts[2]! / counts[0]! - 3) < 0.3, counts.join(" "))
})

test("the shares of durations are exact to a hundredth", () => {
  const times = new Times()
  for (let ms = 1; ms <= 10_000; ms++) times.add(ms)
  for (const share of [0.5, 0.99]) {
    const quantile = times.quantile(share)
    assert.ok(Math.abs(quantile / (share * 10_000) - 1) < 0.011, `${quantile}`)
  }
  assert.equal(times.quantile(1), 10_000)
})
