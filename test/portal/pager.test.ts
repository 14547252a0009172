import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import pMap from "p-map"
import { makeTenant } from "../api/api.ts"
import { makeDeps, pumpAll } from "../harness/system.ts"
import { startPortal, type TestPortal, type Visitor } from "./portal.ts"

// More than a page of each list.
const MANY = 55

let portal: TestPortal
let visitor: Visitor
let base: string
before(async () => {
  portal = await startPortal()
  const { id, path } = await makeTenant(portal)
  base = `/portal/${id}`
  visitor = await portal.signIn()
  const make = async (at: string, body: object) => {
    const made = await portal.call(`POST ${at}`, { body })
    assert.ok(made.status < 300, made.text)
    return made.body
  }
  const each = Array.from({ length: MANY }, (_, index) => index)
  const concurrency = 4
  await pMap(each, (index) => make(`${path}/keys`, { name: `Key ${index}` }), { concurrency })
  await pMap(each, (index) => make(`${path}/sources`, { name: `PBX ${index}` }), { concurrency })
  await pMap(each.slice(0, 21), (index) => make("/v1/tenants", { name: `Tenant ${index}` }), {
    concurrency,
  })
  const body = (index: number) => ({ pull: true, description: `Endpoint ${index}` })
  await pMap(each, (index) => make(`${path}/endpoints`, body(index)), { concurrency })
  const [source] = (await portal.call(`GET ${path}/sources`)).body.data
  await make(`${path}/sources/${source.id}/test`, { eventType: "campaign.updated" })
  await pumpAll(portal.stack, makeDeps(portal.stack))
})
after(() => portal.close())

const LISTS: [page: string, row: RegExp][] = [
  ["keys", />Key \d+</g],
  ["sources", />PBX \d+</g],
  ["endpoints", />Endpoint \d+</g],
  ["deliveries", /deliveries\/dlv_\w+/g],
  ["audit", /(ep|key)_\w+(?=<)/g],
  ["/portal/tenants", />Tenant \d+</g],
]
for (const [name, row] of LISTS) {
  test(`"Older" leads to the rest of ${name}, each row once, and "Newest" back`, async () => {
    const at = name.startsWith("/") ? name : `${base}/${name}`
    const seen: string[] = []
    let next = at
    for (let pages = 0; next !== ""; pages++) {
      assert.ok(pages < 10)
      const { status, text } = await visitor.get(next)
      assert.equal(status, 200)
      const list = /<table class="list">[^]*<\/table>/.exec(text)![0]
      seen.push(...new Set([...list.matchAll(row)].map(([each]) => each)))
      const pager = /<nav class="pager"[^]*?<\/nav>/.exec(text)![0]
      assert.equal(pager.includes(`href="${at}">Newest`), pages > 0)
      next = /href="([^"]*)">Older/.exec(pager)?.[1]?.replaceAll("&amp;", "&") ?? ""
      if (next !== "") assert.ok(next.startsWith(`${at}?`), next)
      else assert.ok(pages > 0, "a second page")
    }
    assert.equal(new Set(seen).size, seen.length)
    assert.ok(seen.length >= (name === "/portal/tenants" ? 21 : MANY), `${seen.length} rows`)
  })
}
