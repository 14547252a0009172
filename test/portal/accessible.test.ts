import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { after, before, test } from "node:test"
import type { AxeResults } from "axe-core"
import { style as docsStyle } from "@ringback/functions/api/docs-style"
import { guidePath, guides } from "@ringback/functions/api/guides"
import { assetPath, findAsset } from "@ringback/functions/portal/assets"
import type { OperatorPage, TenantPage } from "@ringback/functions/portal/page"
import { operatorPages, tenantPages } from "@ringback/functions/portal/pages"
import type { Browser, BrowserContext, Page } from "playwright-core"
import { OPERATOR_KEY } from "../api/api.ts"
import { PATIENCE_MS, skip, startBrowser } from "./browser.ts"
import { answersOf, pagesOf, seed } from "./seed.ts"
import { servePortal, type Served } from "./served.ts"

// Each page is loaded once and looked at in four forms: most of the time is axe's. In dark forms only its rules about
// colours run, as dark pages differ from light ones in nothing else.

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

// Without what is cached. Over a slow line a page is there in a second.
const MAX_BYTES = 60 * 1024
const AT_ONCE = 2

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
  // The smallest page that may send forms.
  await page.goto(`${served.url}/portal/missing`)
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
  assert.ok(page.url().endsWith(path), `${path}: ${page.url()}`)
}

// In this order each differs from the one before in one thing.
const FORMS = [
  { form: "light", width: 1280, colorScheme: "light" },
  { form: "light on a phone", width: 360, colorScheme: "light" },
  { form: "dark on a phone", width: 360, colorScheme: "dark" },
  { form: "dark", width: 1280, colorScheme: "dark" },
] as const

const COLOUR_RULES = ["color-contrast", "link-in-text-block"]
const IS_FOLDED = `[...document.querySelectorAll("details:not([open])")].some((each) => each.checkVisibility())`
const UNFOLD = "document.querySelectorAll('details').forEach((each) => (each.open = true))"

/** What is wrong with the open page in any form. */
async function look(page: Page, name: string): Promise<string[]> {
  const faults: string[] = []
  const check = async (where: string, runOnly?: string[]) => {
    const options = { resultTypes: ["violations"], ...(runOnly && { runOnly }) }
    const found = await page.evaluate(`axe.run(${JSON.stringify(options)})`)
    for (const { id, nodes } of (found as AxeResults).violations)
      faults.push(...nodes.map(({ html }) => `${name}, ${where}: ${id}: ${html}`))
  }
  await page.evaluate(axe)
  for (const { form, width, colorScheme } of FORMS) {
    await page.setViewportSize({ width, height: 800 })
    await page.emulateMedia({ colorScheme })
    // Folded in one form, unfolded in all.
    if (form === "light" && (await page.evaluate(IS_FOLDED))) await check("light, folded")
    await page.evaluate(UNFOLD)
    await check(form, colorScheme === "dark" ? COLOUR_RULES : undefined)
    const wide = await page.evaluate("document.documentElement.scrollWidth")
    if (wide !== width) faults.push(`${name}, ${form}: ${String(wide)} pixels wide`)
  }
  return faults
}

type Opening = { name: string; open: (page: Page) => Promise<unknown> }

/** Opens and looks at each; what the browser says on its console is a fault too. */
async function lookAtAll(context: BrowserContext, openings: Opening[]): Promise<string[]> {
  context.setDefaultTimeout(PATIENCE_MS)
  const faults: string[] = []
  const left = openings.values()
  // A tab that is used again has axe compiled already.
  const work = async () => {
    const page = await context.newPage()
    page.on("console", (message) => {
      // What refuses a form, and what is not there, is answered by its status too.
      if (!/status of 4\d\d/.test(message.text())) faults.push(message.text())
    })
    for (const { name, open } of left) {
      await page.setViewportSize({ width: FORMS[0].width, height: 800 })
      await page.emulateMedia({ colorScheme: FORMS[0].colorScheme })
      await open(page)
      faults.push(...(await look(page, name)))
      const bytes = Number(await page.evaluate(BYTES))
      if (!name.startsWith("/docs") && bytes > MAX_BYTES) faults.push(`${name}: ${bytes} bytes`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return faults
}

const BYTES = "performance.getEntriesByType('navigation')[0].decodedBodySize"

test("dark differs from light in the values of colours alone", () => {
  const asset = findAsset(assetPath("portal.css").split("/").at(-1)!)
  for (const style of [asset!.text, docsStyle]) {
    const parts = style.split("prefers-color-scheme: dark").slice(1)
    assert.equal(parts.length, 1)
    const [, declarations] = /^\) \{\s*:root \{([^}]*)\}/.exec(parts[0]!)!
    for (const each of declarations!.split(";").map((text) => text.trim()))
      assert.match(each, /^(--[a-z-]+: #[0-9a-f]{6}|--shadow: none|)$/)
  }
})

test(
  "light and dark, on a desktop and a phone: axe finds nothing on any page, and none is wider than its window",
  { skip },
  async () => {
    const context = await browser.newContext()
    const at = (path: string) => (page: Page) => page.goto(new URL(path, served.url).href)
    const entrance = await context.newPage()
    await entrance.goto(`${served.url}/portal`)
    await entrance.getByLabel("API key").fill(OPERATOR_KEY)
    await entrance.getByRole("button", { name: "Sign in" }).click()
    await entrance.waitForURL("**/portal/tenants")
    await entrance.close()
    // The longest first.
    const docs = ["/docs", ...guides.map(guidePath)].map((path) => ({ name: path, open: at(path) }))
    const shown = Object.entries(pagesOf(seeded)).map(([name, path]) => ({ name, open: at(path) }))
    const answered = Object.entries(answersOf(seeded)).map(([name, [path, fields]]) => ({
      name,
      open: (page: Page) => send(page, path, fields),
    }))
    const link = await served.api.call(`POST /v1/tenants/${seeded.id}/portal-links`, { body: {} })
    const paths = ["/portal", "/portal?ended", link.body.url as string, "/portal/link?token=none"]
    const signedOut = paths.map((path) => ({ name: path, open: at(path) }))
    const faults = [
      ...(await lookAtAll(context, [...docs, ...shown, ...answered])),
      ...(await lookAtAll(await browser.newContext(), signedOut)),
    ]
    assert.deepEqual(faults, [])
  },
)
