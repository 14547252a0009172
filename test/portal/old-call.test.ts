import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { after, before, test } from "node:test"
import pMap from "p-map"
import { claim } from "@ringback/store/event"
import { hashOf } from "@ringback/store/item-keys"
import { makeTenant } from "../api/api.ts"
import { startPortal, words, type TestPortal } from "./portal.ts"

// More than one request reads of all shards.
const NEWER = 9_600
const STARTED_MS = Date.parse("2026-11-22T08:00:00Z")

let portal: TestPortal
let tenant: string
const uuid = randomUUID()

const stored = (at: number, type: string, of: string, content: object) =>
  claim(portal.deps.table, {
    tenant,
    timeNanos: BigInt(at) * 1_000_000n,
    hash: hashOf("old", at, of),
    type,
    source: null,
    uuid: of,
    message: `m${at}`,
    receivedAt: at,
    content: { data: JSON.stringify(content) },
  })

before(async () => {
  portal = await startPortal({ now: () => STARTED_MS + 3_600_000 })
  tenant = (await makeTenant(portal)).id
  const startedAt = new Date(STARTED_MS).toISOString()
  const call = { uuid, number: "+4520123456", outcome: "answered", startedAt, variables: {} }
  await stored(STARTED_MS, "dialing.created", uuid, { uuid })
  await stored(STARTED_MS + 1, "call.completed", uuid, call)
  const others = Array.from({ length: NEWER }, (_, index) => STARTED_MS + 2 + index)
  await pMap(others, (at) => stored(at, "dialing.updated", String(at), {}), { concurrency: 50 })
})
after(() => portal.close())

test("the page of a call shows all of its events, however many are newer, with and without its time", async () => {
  const visitor = await portal.signIn()
  const page = `/portal/${tenant}/calls/${uuid}`
  for (const at of [
    "",
    `?at=${new Date(STARTED_MS).toISOString()}`,
    "?at=never",
    "?at=%2B275760-09-13T00:00:00Z",
  ]) {
    const { status, text } = await visitor.get(page + at)
    assert.equal(status, 200, at)
    assert.match(words(text), /dialing\.created/)
    assert.match(words(text), /call\.completed/)
  }
  const elsewhere = await visitor.get(`${page}?at=2026-11-20T08:00:00.000Z`)
  assert.equal(elsewhere.status, 404, "two days before, and not searched further")
  assert.equal((await visitor.get(`/portal/${tenant}/calls/${randomUUID()}`)).status, 404)
})

test("the list of calls leads to it with its time", async () => {
  const visitor = await portal.signIn()
  const hrefIn = (text: string, pattern: RegExp) =>
    pattern.exec(text)?.[1]?.replaceAll("&amp;", "&")
  let next: string | undefined = `/portal/${tenant}/calls?earlier=1`
  let href: string | undefined
  for (let pages = 0; next !== undefined && href === undefined && pages < 20; pages++) {
    const { text } = await visitor.get(next)
    href = hrefIn(text, new RegExp(`href="([^"]*/calls/${uuid}[^"]*)"`))
    next = hrefIn(text, /href="([^"]*cursor=[^"]*)"/)
  }
  assert.match(String(href), /\?at=2026-11-22T08:00:00.000Z$/)
  assert.equal((await visitor.get(String(href))).status, 200)
})

test("a search for its Uuid finds it, and says that it has looked at everything", async () => {
  const search = (text: string) => portal.call(`GET /v1/search?q=${text}&tenantId=${tenant}`)
  const { body } = await search(uuid)
  assert.deepEqual(
    [body.data.map(({ name }: { name: string }) => name), body.isComplete],
    [["call.completed", "dialing.created"], true],
  )
  assert.deepEqual((await search(randomUUID())).body, { data: [], isComplete: true })
})

test("a call of which only the PBX's events are there has no outcome, and nothing reached anybody", async () => {
  const visitor = await portal.signIn()
  const other = randomUUID()
  await stored(STARTED_MS, "dialing.created", other, { uuid: other, dialAddr: "+4520123456" })
  const { text } = await visitor.get(`/portal/${tenant}/calls/${other}`)
  assert.match(words(text), /dialing\.created/)
  assert.doesNotMatch(text, /<dt>Outcome/)
  assert.match(text, /<li class="">/)
  assert.doesNotMatch(text, /is-good/)
  const completed = await visitor.get(`/portal/${tenant}/calls/${uuid}`)
  assert.match(completed.text, /<dt>Outcome/)
})
