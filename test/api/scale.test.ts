import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { BatchWriteItemCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb"
import { marshall } from "@aws-sdk/util-dynamodb"
import { DELIVERY_STATUSES } from "@ringback/store/delivery"
import { countedClients, total, type Counts } from "../harness/counted.ts"
import { startStack, type Stack } from "../harness/stack.ts"
import { startPortal, type TestPortal } from "../portal/portal.ts"
import { makeTenant } from "./api.ts"
import { entries, NOW } from "./scale-log.ts"

// `RINGBACK_SCALE=100000 node --test test/api/scale.test.ts` for the long run.
const many = Number(process.env["RINGBACK_SCALE"] ?? 600)
const few = 100
// Statistics are no list: a short log is read whole, a long one in samples.
const STATS = "an endpoint's stats"
const MAX_STATS_REQUESTS = 24
// Of a page of the portal, without what is cached.
const MAX_PAGE_BYTES = 60 * 1024
// Where a filter lets too few items through for a page, a second request of each partition reads more.
const FILTERED =
  /by (event )?type|by a|of two types|by source|by uuid|by endpoint|or failed$|, delivered$|^search/
// Requests to the table of a portal page, and the items that they read, however much there is.
const BUDGETS: Record<string, { requests: number; items: number }> = {
  // Of each of sixteen shards the newest 18, and 200 endpoints.
  "deliveries' page": { requests: 19, items: 500 },
  // Of each of eight shards the newest 27 of its index, then 50 deliveries whole, and 200 endpoints.
  "failed deliveries' page": { requests: 12, items: 480 },
  "events' page": { requests: 11, items: 300 },
  "calls' page": { requests: 3, items: 220 },
  // Of each of eight shards eighty, then what is left of a thousand.
  "search for earlier calls": { requests: 19, items: 8_300 },
  "PBXes' page": { requests: 3, items: 100 },
  overview: { requests: 41, items: 3_700 },
  "overview of a week": { requests: 89, items: 5_900 },
  // Of two tenants.
  tenants: { requests: 45, items: 4_000 },
}

let stack: Stack
let api: TestPortal
const counts: Counts = {}
let itemsRead = 0

before(async () => {
  stack = await startStack()
  const clients = countedClients(stack, counts, "api")
  countItems(clients.dynamodb)
  api = await startPortal({ stack, clients })
})
after(() => stack.close())

/** Those that a filter refuses too: they are paid for. */
function countItems(dynamodb: DynamoDBClient) {
  dynamodb.middlewareStack.add(
    (next) => async (args) => {
      const answer = await next(args)
      const output = answer.output as { ScannedCount?: number; Responses?: object; Item?: object }
      const found = Object.values(output.Responses ?? {}).flat().length + (output.Item ? 1 : 0)
      itemsRead += output.ScannedCount ?? found
      return answer
    },
    { step: "initialize", name: "items" },
  )
}

async function write(items: Record<string, unknown>[]) {
  const requests = items.map((item) => ({ PutRequest: { Item: marshall(item) } }))
  const chunks = Array.from({ length: Math.ceil(requests.length / 25) }, (_, index) =>
    requests.slice(index * 25, index * 25 + 25),
  )
  for (let start = 0; start < chunks.length; start += 8) {
    await Promise.all(
      chunks
        .slice(start, start + 8)
        .map((chunk) =>
          stack.dynamodb.send(
            new BatchWriteItemCommand({ RequestItems: { [stack.tableName]: chunk } }),
          ),
        ),
    )
  }
}

type Opened = { requests: number; items: number; bytes: number; ms: number }

/** The portal's pages of a tenant, each with the requests that it takes, its bytes and the median of five times. */
async function measurePages(id: string) {
  const operator = await api.signIn()
  const base = `/portal/${id}`
  const lists = {
    "deliveries' page": `${base}/deliveries`,
    "failed deliveries' page": `${base}/deliveries?status=failed`,
    "events' page": `${base}/events`,
    "calls' page": `${base}/calls`,
    "search for earlier calls": `${base}/calls?earlier=1`,
    "PBXes' page": `${base}/sources`,
  }
  const summaries = {
    overview: base,
    "overview of a week": `${base}?window=week`,
    tenants: "/portal/tenants",
  }
  const open = async (pages: Record<string, string>) => {
    const opened: Record<string, Opened> = {}
    for (const [name, at] of Object.entries(pages)) {
      const before = total(counts, "dynamodb")
      itemsRead = 0
      const { status, text } = await operator.get(at)
      assert.equal(status, 200, name)
      const bytes = Buffer.byteLength(text)
      assert.ok(bytes <= MAX_PAGE_BYTES, `${name}: ${bytes} bytes`)
      const requests = total(counts, "dynamodb") - before
      const budget = BUDGETS[name]!
      assert.ok(requests <= budget.requests, `${name}: ${requests} requests`)
      assert.ok(itemsRead <= budget.items, `${name}: ${itemsRead} items`)
      opened[name] = { requests, items: itemsRead, bytes, ms: 0 }
    }
    return opened
  }
  const found = { lists: await open(lists), summaries: await open(summaries) }
  // Afterwards, so that nothing that was read a moment ago has to be read again for the counts.
  for (const [name, at] of Object.entries({ ...lists, ...summaries })) {
    const times: number[] = []
    for (let again = 0; again < 5; again++) {
      const startedAt = performance.now()
      await operator.get(at)
      times.push(performance.now() - startedAt)
    }
    const opened = found.lists[name] ?? found.summaries[name]
    opened!.ms = Math.round(times.toSorted((a, b) => a - b)[2]!)
  }
  return found
}

/** A tenant with that many deliveries, and how many requests the first page of each list takes there. */
async function measure(size: number) {
  const { id, path } = await makeTenant(api)
  const body = { name: "PBX" }
  const { body: source } = await api.call(`POST ${path}/sources`, { body })
  const endpointIds: string[] = []
  // As many as a tenant may have, at most. Of ten, several may have the same shard, which statistics
  // would then read in samples.
  for (let count = 0; count < Math.min(200, Math.max(40, size / 100)); count++) {
    const made = await api.call(`POST ${path}/endpoints`, { body: { url: "https://a.invalid/" } })
    endpointIds.push(made.body.id)
  }
  const made = Array.from({ length: size }, (_, index) =>
    entries(id, endpointIds, source.id, index),
  )
  await write(made.flatMap(({ items }) => items))
  const deliveries = `${path}/deliveries`
  const endpointId = endpointIds[3]
  const yearAgo = new Date(NOW - 365 * 86_400_000).toISOString()
  const twoYearsAgo = new Date(NOW - 730 * 86_400_000).toISOString()
  const hourAgo = new Date(NOW - 3_600_000).toISOString()
  const routes: Record<string, string> = {
    endpoints: `${path}/endpoints`,
    sources: `${path}/sources`,
    keys: `${path}/keys`,
    tenants: "/v1/tenants",
    events: `${path}/events`,
    "events by type": `${path}/events?type=dialing.deleted`,
    "events by a type that is not there": `${path}/events?type=plan.deleted`,
    "events of a rare type": `${path}/events?type=source.gap`,
    "events of two types": `${path}/events?type=call.started&type=call.completed`,
    "events by source": `${path}/events?source=${source.id}`,
    "events by uuid": `${path}/events?uuid=${made[7]!.uuid}`,
    "events by a uuid that is not there": `${path}/events?uuid=none`,
    "events of the last hour": `${path}/events?after=${hourAgo}`,
    "events of an empty year": `${path}/events?after=${twoYearsAgo}&before=${yearAgo}`,
    "events, 250": `${path}/events?limit=250`,
    deliveries,
    "deliveries, 250": `${deliveries}?limit=250`,
    "deliveries by endpoint": `${deliveries}?endpointId=${endpointId}`,
    "deliveries by event type": `${deliveries}?eventType=dialing.deleted`,
    "deliveries by a type that is not there": `${deliveries}?eventType=plan.deleted`,
    "deliveries of the last hour": `${deliveries}?after=${hourAgo}`,
    "deliveries of an empty year": `${deliveries}?after=${twoYearsAgo}&before=${yearAgo}`,
    "deliveries by endpoint and status": `${deliveries}?endpointId=${endpointId}&status=held`,
    "deliveries, failed or held": `${deliveries}?status=failed&status=held`,
    "deliveries, delivered or failed": `${deliveries}?status=delivered&status=failed`,
    ...Object.fromEntries(
      DELIVERY_STATUSES.map((status) => [
        `deliveries, ${status}`,
        `${deliveries}?status=${status}`,
      ]),
    ),
    [STATS]: `${path}/endpoints/${endpointId}/stats`,
  }
  const taken: Record<string, number> = {}
  for (const [name, route] of Object.entries(routes)) {
    const before = total(counts, "dynamodb")
    const answer = await api.call(`GET ${route}`)
    assert.equal(answer.status, 200, answer.text)
    taken[name] = total(counts, "dynamodb") - before
  }
  return { taken, pages: await measurePages(id) }
}

test(`every list takes the same number of requests at ${few} deliveries as at ${many}, and none scans`, async (t) => {
  const atFew = await measure(few)
  const atMany = await measure(many)
  const { [STATS]: smallStats, ...small } = atFew.taken
  const { [STATS]: largeStats, ...large } = atMany.taken
  for (const [name, requests] of Object.entries(large)) {
    t.diagnostic(`${name}: ${small[name]} requests at ${few}, ${requests} at ${many}`)
  }
  t.diagnostic(`${STATS}: ${smallStats} requests at ${few}, ${largeStats} at ${many}`)
  const pagesOf = ({ pages }: typeof atFew) => ({ ...pages.lists, ...pages.summaries })
  for (const [name, { requests, items, bytes, ms }] of Object.entries(pagesOf(atMany))) {
    const atFirst = pagesOf(atFew)[name]!
    t.diagnostic(
      `${name}: ${atFirst.requests} requests, ${atFirst.items} items, ${atFirst.bytes} bytes, ${atFirst.ms} ms at ${few}; ${requests}, ${items}, ${bytes}, ${ms} ms at ${many}`,
    )
  }
  compare(large, small)
  compare(requestsOf(atMany.pages.lists), requestsOf(atFew.pages.lists))
  assert.ok(largeStats! <= MAX_STATS_REQUESTS)
  assert.equal(total(counts, "dynamodb", /Scan/), 0)
})

function compare(large: Record<string, number>, small: Record<string, number>) {
  const isFiltered = (name: string) => FILTERED.test(name)
  const same = Object.keys(small).filter((name) => !isFiltered(name))
  const pick = (all: Record<string, number>) => same.map((name) => [name, all[name]])
  assert.deepEqual(pick(large), pick(small))
  for (const name of Object.keys(small).filter(isFiltered))
    assert.ok(large[name]! <= 2 * small[name]!, `${name}: ${small[name]}, then ${large[name]}`)
}

const requestsOf = (pages: Record<string, { requests: number }>) =>
  Object.fromEntries(Object.entries(pages).map(([name, { requests }]) => [name, requests]))
