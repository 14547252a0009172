import assert from "node:assert/strict"
import { test } from "node:test"
import { endOfSent, type Entry, SendWindow } from "@ringback/collector/spool/send-window"

const entryOf = (end: number): Entry => ({
  bytes: Buffer.alloc(100),
  from: 0,
  to: 100,
  end,
  isLoaded: false,
  isDone: false,
})

test("a window gives its entries once, in order, by count and by bytes, and at least one", () => {
  const window = new SendWindow()
  const entries = [1, 2, 3, 4, 5].map((number) => entryOf(number * 100))
  for (const entry of entries) window.push(entry)
  assert.ok(entries.every(({ isLoaded }) => isLoaded))
  assert.equal(window.waitingBytes, 500)
  assert.deepEqual(window.take(2, 1_000), entries.slice(0, 2))
  assert.deepEqual(window.take(9, 99), entries.slice(2, 3))
  assert.equal(window.waitingBytes, 200)
  assert.deepEqual(window.take(9, 200), entries.slice(3))
  assert.deepEqual(window.take(9, 1_000), [])
  assert.equal(window.waitingBytes, 0)
})

test("a window lets go of the done ones at its head alone, and says where the last of them ended", () => {
  const window = new SendWindow()
  const entries = [1, 2, 3].map((number) => entryOf(number * 100))
  for (const entry of entries) window.push(entry)
  window.take(3, 1_000)
  assert.equal(window.shift(), 0)
  entries[1]!.isDone = true
  assert.equal(window.shift(), 0)
  assert.equal(window.oldest, entries[0])
  entries[0]!.isDone = true
  assert.equal(window.shift(), 200)
  assert.equal(window.oldest, entries[2])
  // One that was sent before it was on the disk has no place yet.
  Object.assign(entries[2]!, { end: 0, isDone: true })
  assert.equal(window.shift(), 0)
  assert.equal(window.oldest, undefined)
})

test("a window that thousands have gone through goes on where it was", () => {
  const window = new SendWindow()
  const entries = Array.from({ length: 5_000 }, (_, number) => entryOf((number + 1) * 100))
  let taken = 0
  for (const entry of entries) {
    window.push(entry)
    const [next] = window.take(1, 1_000)
    assert.equal(next, entries[taken++])
    // Three are always under way.
    const done = entries[taken - 4]
    if (!done) continue
    done.isDone = true
    assert.equal(window.shift(), done.end)
    assert.equal(window.oldest, entries[taken - 3])
  }
})

test("what was sent while it was written counts up to the first record that still waits", () => {
  const group = [1, 2, 3].map((number) => ({ ...entryOf(number * 100), isDone: true }))
  const [first, second, third] = group as [Entry, Entry, Entry]
  assert.equal(endOfSent(group, undefined), 300)
  assert.equal(endOfSent(group, entryOf(0)), 300, "one that is not on the disk is newer")
  assert.equal(endOfSent(group, entryOf(400)), 300)
  second.isDone = false
  assert.equal(endOfSent(group, second), 100, "the third was sent before the second")
  assert.equal(endOfSent(group, entryOf(50)), 0, "an earlier one waits")
  first.isDone = false
  assert.equal(endOfSent(group, first), 0)
  assert.equal(endOfSent([third], undefined), 300)
  assert.equal(endOfSent([], undefined), 0)
})
