import assert from "node:assert/strict"
import { readFileSync, writeFileSync } from "node:fs"
import { after, before, test } from "node:test"
import { operatorPages, tenantPages } from "@ringback/functions/portal/pages"
import { settle } from "./settled.ts"
import { lists, visitAsOperator, visitAsOwner, visitAsReader } from "./visited-pages.ts"
import { findVisited, letHappen, makeResources } from "./visited-tenant.ts"
import { seenBy, startVisits, type Visits } from "./visits.ts"

// Every page as it is answered, in pages.txt. A change of any page is a change of that file, which a reader of the change
// sees: `RINGBACK_WRITE_PAGES=1 node --test test/portal/pages.test.ts` writes it anew.

const file = new URL("pages.txt", import.meta.url)

let visits: Visits
before(async () => {
  visits = await startVisits()
  await visitAll()
})
after(() => visits.close())

async function visitAll() {
  const { portal, see, post } = visits
  const operator = await portal.signIn()
  const see1 = seenBy(visits, "operator", operator)
  const stranger = portal.visitor()
  await see("stranger", stranger, "GET /portal")
  await see("stranger", stranger, "GET /portal/tenants")
  await see("stranger", stranger, "POST /portal/sign-in", { key: "wrong" })
  for (const each of ["tenants", "search", "dead-letters", "rejected", "cost", "audit"])
    await see1(`GET /portal/${each}`)
  await see1("POST /portal/tenants", { name: "" })
  await see1("POST /portal/tenants", { name: "Made by a form" })

  const tenant = await post("/v1/tenants", { name: "Acme" })
  const base = `/portal/${tenant.id}`
  await see1(`GET ${base}`)
  for (const each of lists) await see1(`GET ${base}/${each}`)

  const made = await makeResources(visits, tenant)
  await letHappen(visits, made)
  const found = await findVisited(visits, made)
  await visitAsOperator(visits, operator, made, found)
  await visitAsReader(visits, made, found)
  await visitAsOwner(visits, made, found)
  await see1(`POST /portal/tenants/${tenant.id}/link`)
  await see1("POST /portal/dead-letters/redrive", { queue: "jobs" })
  await see1("POST /portal/dead-letters/redrive", { queue: "odd" })
  await see1(`POST /portal/tenants/${tenant.id}/delete`)
  await see1("GET /portal/tenants?done=deleted")
  await see1("GET /portal/audit")
  await see1(`GET ${base}`)
  await see1("POST /portal/sign-out")
}

test("every page is what it was (else: RINGBACK_WRITE_PAGES=1, and read what has changed)", () => {
  const pagesOf = (text: string) => text.split(/^(?==== )/m)
  const settled = settle(visits.answered)
  if (process.env["RINGBACK_WRITE_PAGES"] === "1") writeFileSync(file, settled)
  const [were, are] = [pagesOf(readFileSync(file, "utf8")), pagesOf(settled)]
  assert.deepEqual(
    are.filter((page) => !were.includes(page)),
    were.filter((page) => !are.includes(page)),
  )
})

test("every page and every form is asked for", () => {
  const all = [
    ...tenantPages.map(({ method, path }) => ({ method, path: `/portal/:tenant${path}` })),
    ...operatorPages.map(({ method, path }) => ({ method, path: `/portal${path}` })),
  ]
  const missing = all.filter(({ method, path }) => {
    const form = new RegExp(`^${method} ${path.replaceAll(/:\w+/g, "[^/]+")}$`)
    return ![...visits.asked].some((each) => form.test(each))
  })
  assert.deepEqual(missing, [])
})
