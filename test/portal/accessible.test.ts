import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { after, before, test } from "node:test"
import type { AxeResults } from "axe-core"
import { guidePath, guides } from "@ringback/functions/api/guides"
import type { OperatorPage, TenantPage } from "@ringback/functions/portal/page"
import { operatorPages, tenantPages } from "@ringback/functions/portal/pages"
import type { Browser, Page } from "playwright-core"
import { OPERATOR_KEY } from "../api/api.ts"
import { PATIENCE_MS, skip, startBrowser } from "./browser.ts"
import { answersOf, pagesOf, seed } from "./seed.ts"
import { servePortal, type Served } from "./served.ts"

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

// Without what is cached. Over a slow line a page is there in a second.
const MAX_BYTES = 60 * 1024

let served: Served
let seeded: Awaited<ReturnType<typeof seed>>
let browser: Browser
before(async () => {
  if (skip) return
  served = await servePortal()
  seeded = await seed(served.api, served.receiver)
  browser = await startBrowser()
})
after(async () => {
  if (skip) return
  await browser.close()
  await served.close()
})

// These forms lead to a page that is looked at by itself; what refuses them is shown as on other forms.
const LEAD_ELSEWHERE = [
  "POST /portal/tenants/:id/delete",
  "POST /portal/:tenantId/deliveries/:deliveryId/retry",
  "POST /portal/:tenantId/endpoints/:endpointId/delete",
  "POST /portal/:tenantId/endpoints/:endpointId/disable",
  "POST /portal/:tenantId/endpoints/:endpointId/enable",
  "POST /portal/:tenantId/endpoints/:endpointId/recover/start",
  "POST /portal/:tenantId/events/:eventId/replay",
  "POST /portal/:tenantId/keys/:keyId/revoke",
  "POST /portal/:tenantId/sources/:sourceId/delete",
  "POST /portal/:tenantId/sources/:sourceId/rename",
]

const nameOf = (prefix: string, { method, path }: TenantPage | OperatorPage) =>
  `${method.toUpperCase()} ${prefix}${path}`

const routes = [
  ...operatorPages.map((page) => nameOf("/portal", page)),
  ...tenantPages.map((page) => nameOf("/portal/:tenantId", page)),
].map((name) => ({
  name,
  pattern: new RegExp(`^${name.replace(":tenantId", "ten_[^/]+").replaceAll(/:\w+/g, "[^/]+")}$`),
}))

/** The page that answers, as the router decides: the first that fits. */
const routeOf = (method: string, path: string) =>
  routes.find(({ pattern }) => pattern.test(`${method} ${path.split("?")[0]}`))?.name

test("every page is looked at below, and so is every answer to a form that is a page", () => {
  const ids = { sourceId: "s", endpointId: "e", deliveryId: "d", eventId: "v", callUuid: "u" }
  const made = { id: "ten_1", ...ids }
  const shown = Object.values(pagesOf(made)).map((path) => routeOf("GET", path))
  const answered = Object.values(answersOf(made)).map(([path]) => routeOf("POST", path))
  const looked = new Set([...shown, ...answered, ...LEAD_ELSEWHERE])
  assert.deepEqual(looked, new Set(routes.map(({ name }) => name)))
})

/** Sends a form of the portal's own origin, to see the page that answers it. */
async function send(page: Page, path: string, fields: Record<string, string>): Promise<void> {
  await page.goto(`${served.url}/portal/tenants`)
  const sent = page.waitForEvent("framenavigated")
  await page.evaluate(`
    const form = document.createElement("form")
    Object.assign(form, { method: "post", action: ${JSON.stringify(path)} })
    for (const [name, value] of Object.entries(${JSON.stringify(fields)}))
      form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }))
    document.body.append(form)
    form.submit()
  `)
  await sent
  await page.waitForLoadState()
}

for (const [form, width, colorScheme] of [
  ["light", 1280, "light"],
  ["dark", 1280, "dark"],
  ["light on a phone", 360, "light"],
  ["dark on a phone", 360, "dark"],
] as const) {
  test(
    `${form}: axe finds nothing on any page, and none is wider than its window`,
    { skip },
    async () => {
      const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme })
      context.setDefaultTimeout(PATIENCE_MS)
      const page = await context.newPage()
      const said: string[] = []
      page.on("console", (message) => said.push(message.text()))
      const faults: string[] = []
      const look = async (name: string) => {
        const found = await page.evaluate(`${axe}; axe.run({ resultTypes: ["violations"] })`)
        const { violations } = found as AxeResults
        for (const { id, nodes } of violations)
          faults.push(...nodes.map(({ html }) => `${name}: ${id}: ${html}`))
        const wide = await page.evaluate("document.documentElement.scrollWidth")
        if (wide !== width) faults.push(`${name}: ${String(wide)} pixels wide`)
      }
      await page.goto(`${served.url}/portal`)
      await look("sign in")
      await page.getByLabel("API key").fill(OPERATOR_KEY)
      await page.getByRole("button", { name: "Sign in" }).click()
      await page.waitForURL("**/portal/tenants")
      for (const [name, path] of Object.entries(pagesOf(seeded))) {
        const opened = await page.goto(`${served.url}${path}`)
        const bytes = (await opened!.body()).length
        if (bytes > MAX_BYTES) faults.push(`${name}: ${bytes} bytes`)
        // Unfolded everywhere, folded in one form: each look takes a second.
        if (form === "light") await look(name)
        await page.evaluate(
          "document.querySelectorAll('details').forEach((each) => (each.open = true))",
        )
        await look(`${name}, unfolded`)
      }
      for (const [name, [path, fields]] of Object.entries(answersOf(seeded))) {
        await send(page, path, fields)
        assert.ok(page.url().endsWith(path), `${name}: ${page.url()}`)
        await look(name)
      }
      for (const path of ["/docs", ...guides.map(guidePath)]) {
        await page.goto(`${served.url}${path}`)
        await look(path)
      }
      // What refuses a form, and what is not there, is answered by its status too.
      assert.deepEqual(
        said.filter((each) => !/status of 4\d\d/.test(each)),
        [],
      )
      // Where nobody is signed in.
      const link = await served.api.call(`POST /v1/tenants/${seeded.id}/portal-links`, { body: {} })
      await context.clearCookies()
      for (const path of ["/portal?ended", link.body.url, "/portal/link?token=none"]) {
        await page.goto(new URL(path, served.url).href)
        await look(path)
      }
      assert.deepEqual(faults, [])
      await context.close()
    },
  )
}
