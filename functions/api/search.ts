import pMap from "p-map"
import * as v from "valibot"
import * as Event from "@ringback/store/event"
import { listEvents } from "@ringback/store/event-list"
import { findById, findText, FOUND_KINDS, isFindableId, type Found } from "@ringback/store/find"
import { eachPage } from "@ringback/store/pages"
import type { Table } from "@ringback/store/table"
import * as Tenant from "@ringback/store/tenant"
import { invalid } from "./problem.ts"
import { route } from "./route.ts"
import { id } from "./schemas.ts"

export const FoundAnswer = v.pipe(
  v.object({
    kind: v.picklist(FOUND_KINDS),
    id: v.pipe(v.string(), v.examples(["ep_06fzk3vq8r2m5x0c9d7g4h1jtw"])),
    tenantId: id("ten"),
    name: v.pipe(
      v.nullable(v.string()),
      v.description("A name, an endpoint's URL, or the type of an event"),
      v.examples(["https://example.invalid/webhooks"]),
    ),
  }),
  v.description("A search result"),
)

// A Lambda function behind an HTTP API has 30 s, and a person is waiting.
const SEARCHING_MS = 8_000
const MAX_FOUND = 50
const TENANTS_A_PAGE = 250
const TENANTS_AT_ONCE = 8
const EVENTS_OF_UUID = 10
const NEWEST_EVENTS = 250

const SECRET = /^(rbk|rbs|whsec|whsk)_/
const MIN_LENGTH = 3
const MIN_DIGITS = 5
const NUMBER = /^\+?[\d\s()/.-]+$/
const digitsOf = (text: string) => text.replaceAll(/\D/g, "").replace(/^0+/, "")

type Tenants = { items: Tenant.Tenant[]; isComplete: boolean }

async function readTenants(table: Table, only: string | undefined, hasTime: () => boolean) {
  const items: Tenant.Tenant[] = []
  if (only !== undefined) {
    const tenant = await Tenant.get(table, only)
    if (tenant) items.push(tenant)
    return { items, isComplete: true }
  }
  const read = (after?: string) => Tenant.page(table, { limit: TENANTS_A_PAGE, after })
  for await (const page of eachPage(read)) {
    items.push(...page.items)
    if (!hasTime()) return { items, isComplete: page.next === undefined }
  }
  return { items, isComplete: true }
}

// An event may have 1 MB. Hundreds of them in one tenant must not use up the time of all tenants.
const MAX_SEARCHED_LENGTH = 4_000_000

type SomeFound = { found: Found[]; isComplete: boolean }

/** Events with this Uuid. For a number: those among the tenant's newest events that contain it. */
async function findEvents(
  table: Table,
  tenant: string,
  text: string,
  hasTime: () => boolean,
): Promise<SomeFound> {
  const digits = NUMBER.test(text) ? digitsOf(text) : ""
  const isNumber = digits.length >= MIN_DIGITS
  const { found, isComplete } = isNumber
    ? eventsWithNumber((await listEvents(table, tenant, { limit: NEWEST_EVENTS })).items, digits)
    : await eventsOfUuid(table, tenant, text, hasTime)
  const show = (event: Event.StoredEvent) =>
    ({ kind: "event", id: Event.idOf(event), tenant, name: event.type }) as const
  return { found: found.map(show), isComplete }
}

/** Reads on while a page has none: they may be older than the events that it has read. */
async function eventsOfUuid(table: Table, tenant: string, uuid: string, hasTime: () => boolean) {
  const found: Event.StoredEvent[] = []
  let cursor: string | undefined
  do {
    const limit = EVENTS_OF_UUID - found.length
    const { items, next } = await listEvents(table, tenant, { uuid, limit, cursor })
    found.push(...items)
    cursor = next
  } while (cursor !== undefined && found.length < EVENTS_OF_UUID && hasTime())
  return { found, isComplete: cursor === undefined || found.length >= EVENTS_OF_UUID }
}

function eventsWithNumber(events: Event.StoredEvent[], digits: string) {
  const holds = ([, value]: [string, string]) => NUMBER.test(value) && digitsOf(value) === digits
  const found: Event.StoredEvent[] = []
  let length = 0
  for (const event of events) {
    if (length > MAX_SEARCHED_LENGTH) return { found, isComplete: false }
    const headers = Event.headersOf(event)
    if (headers.some(holds)) found.push(event)
    for (const [name, value] of headers) length += HEADER_LENGTH + name.length + value.length
  }
  return { found, isComplete: true }
}

// A header without a value takes time, too.
const HEADER_LENGTH = 10

async function search(table: Table, text: string, only: string | undefined) {
  const endsAt = performance.now() + SEARCHING_MS
  const hasTime = () => performance.now() < endsAt
  const tenants: Tenants = await readTenants(table, only, hasTime)
  const ids = tenants.items.map((tenant) => tenant.id)
  if (isFindableId(text)) {
    return { found: await findById(table, ids, text), isComplete: tenants.isComplete }
  }
  const small = text.toLowerCase()
  const found: Found[] = tenants.items
    .filter(({ name }) => name.toLowerCase().includes(small))
    .map(({ id, name }) => ({ kind: "tenant", id, tenant: id, name }))
  let isComplete = tenants.isComplete
  const searchOne = async (tenant: string) => {
    if (!hasTime() || found.length > MAX_FOUND) return void (isComplete = false)
    const [named, events] = await Promise.all([
      findText(table, tenant, small),
      findEvents(table, tenant, text, hasTime),
    ])
    found.push(...named, ...events.found)
    if (!events.isComplete) isComplete = false
  }
  await pMap(ids, searchOne, { concurrency: TENANTS_AT_ONCE })
  return { found, isComplete: isComplete && found.length <= MAX_FOUND }
}

export const searchRoutes = [
  route({
    method: "get",
    path: "/v1/search",
    access: "operator",
    operationId: "search",
    tag: "Operation",
    summary: "Search all tenants",
    description:
      "Finds resources by id; by a part of a tenant's or source's name, or of an endpoint's URL or description; by the Uuid of a call or campaign; by a number, among the newest events of each tenant. Takes 8 s at most: `isComplete` tells whether everything was searched.",
    query: {
      q: v.pipe(
        v.string(),
        v.minLength(MIN_LENGTH),
        v.maxLength(200),
        v.description("An id, Uuid, number, name or URL"),
        v.examples(["acme"]),
      ),
      tenantId: v.exactOptional(v.pipe(id("ten"), v.description("Only in this tenant"))),
    },
    answers: {
      200: {
        description: "The results",
        schema: v.object({ data: v.array(FoundAnswer), isComplete: v.boolean() }),
      },
    },
    async handle({ deps: { table }, query: { tenantId, ...query } }) {
      const q = query.q.trim()
      if (q.length < MIN_LENGTH) throw invalid("/q", `must have at least ${MIN_LENGTH} characters`)
      if (SECRET.test(q)) throw invalid("/q", "looks like a secret: search for the id of its key")
      const { found, isComplete } = await search(table, q, tenantId)
      const data = found
        .slice(0, MAX_FOUND)
        .map(({ tenant, ...each }) => ({ ...each, tenantId: tenant }))
      return { status: 200, body: { data, isComplete } }
    },
  }),
]
