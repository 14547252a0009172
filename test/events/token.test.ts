import assert from "node:assert/strict"
import { test } from "node:test"
import { makeId } from "@ringback/events/ids"
import { formatSourceToken, makeSourceKey, parseSourceToken } from "@ringback/events/token"

test("a source's token carries its address and its key", () => {
  const token = { tenant: makeId("ten", 1), source: makeId("src", 2), ...makeSourceKey() }
  assert.equal(token.key.length, 32)
  const text = formatSourceToken(token)
  // One word of letters that no shell, env file or YAML needs quoted.
  assert.match(text, /^rbs_[A-Za-z0-9_-]+$/)
  assert.deepEqual(parseSourceToken(text), token)
})

test("what is no token is none", () => {
  const text = formatSourceToken({
    tenant: makeId("ten", 1),
    source: makeId("src", 2),
    ...makeSourceKey(),
  })
  for (const wrong of [
    "",
    "rbs_",
    text.slice(0, -1),
    `${text}A`,
    ` ${text}`,
    `${text}\n`,
    text.toUpperCase(),
  ]) {
    assert.equal(parseSourceToken(wrong), undefined, wrong)
  }
})
