import assert from "node:assert/strict"
import { once } from "node:events"
import type { AddressInfo } from "node:net"
import { after, before, test } from "node:test"
import { createAdaptorServer } from "@hono/node-server"
import { Hono } from "hono"
import type { Browser, BrowserContextOptions } from "playwright-core"
import document from "../../functions/api/openapi.json" with { type: "json" }
import { docsHeaders, docsPage } from "@ringback/functions/api/docs"
import { problems } from "@ringback/functions/api/problem"
import { guidePage, guides } from "@ringback/functions/api/guides"
import { findAsset } from "@ringback/functions/portal/assets"
import { skip, startBrowser } from "../portal/browser.ts"
import { operations } from "./conformance.ts"

const page = docsPage(document)

test("the page tells of every operation and every error, at a place of its own", () => {
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
  assert.equal(new Set(ids).size, ids.length)
  for (const { operation } of operations) assert.ok(ids.includes(operation.operationId))
  for (const code of Object.keys(problems)) assert.ok(ids.includes(code), code)
  for (const [, target] of page.matchAll(/href="#([^"]+)"/g))
    assert.ok(ids.includes(target), target)
})

test("the page needs nothing from elsewhere, and runs no script but its own", () => {
  assert.equal(page.match(/<script/g)?.length, 1)
  assert.match(page, /<script src="\/portal\/assets\/docs\.[0-9a-f]{12}\.js" defer><\/script>/)
  assert.doesNotMatch(page, /<iframe|<img|@import|\burl\(|\son\w+="/)
  assert.doesNotMatch(page, /(src|href)="(https?:)?\/\//)
  assert.match(
    docsHeaders["content-security-policy"],
    /^default-src 'none'; script-src 'self'; style-src 'sha256-/,
  )
  assert.doesNotMatch(docsHeaders["content-security-policy"], /unsafe|\*/)
})

let browser: Browser
const app = new Hono()
  .get("/portal/assets/:file", (c) => {
    const asset = findAsset(c.req.param("file"))
    return asset ? c.body(asset.text, 200, asset.headers) : c.notFound()
  })
  .get("/docs", (c) => c.body(page, 200, docsHeaders))
  .get("/docs/receiving", (c) => c.body(guidePage(guides[0]!), 200, docsHeaders))
const server = createAdaptorServer(app)
before(async () => {
  if (skip) return
  await once(server.listen(0, "127.0.0.1"), "listening")
  browser = await startBrowser()
})
after(async () => {
  await browser?.close()
  server.close()
})

for (const [path, section, width, colorScheme] of [
  ["/docs", "createEndpoint", 1440, "light"],
  ["/docs", "createEndpoint", 1440, "dark"],
  ["/docs", "createEndpoint", 360, "light"],
  ["/docs/receiving", "time-stamps", 1440, "dark"],
  ["/docs/receiving", "time-stamps", 360, "light"],
] as const) {
  const what = `${path} in Chromium, ${width} pixels wide and ${colorScheme}`
  test(`${what}, the page fits, is styled, and breaks no rule of its own`, { skip }, async () => {
    const opened = await browser.newPage({ viewport: { width, height: 900 }, colorScheme })
    const said: string[] = []
    opened.on("console", (message) => said.push(message.text()))
    const { port } = server.address() as AddressInfo
    await opened.goto(`http://127.0.0.1:${port}${path}`)
    assert.deepEqual(said, [])
    assert.equal(await opened.evaluate("document.documentElement.scrollWidth"), width)
    const background = await opened.evaluate("getComputedStyle(document.body).backgroundColor")
    assert.equal(background, colorScheme === "dark" ? "rgb(17, 19, 24)" : "rgb(250, 250, 250)")
    const menu = opened.locator(width < 800 ? "details.menu > summary" : "nav.side")
    assert.ok(await menu.isVisible())
    if (width < 800) await menu.click()
    const link = opened.locator(`a[href="#${section}"]:visible`).first()
    await link.click()
    await opened.locator(`#${section}`).waitFor({ state: "visible" })
    // A menu over the page is out of the way once it has led there.
    if (width < 800) assert.equal(await opened.locator("details.menu[open]").count(), 0)
    await opened.close()
  })
}

const openDocs = async (options: BrowserContextOptions = {}) => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options })
  const opened = await context.newPage()
  const { port } = server.address() as AddressInfo
  await opened.goto(`http://127.0.0.1:${port}/docs`)
  return opened
}

test(
  "its search finds an operation by words, path or name, and Enter goes there",
  { skip },
  async () => {
    const opened = await openDocs()
    await opened.keyboard.press("/")
    const search = opened.getByLabel("Search the contents").locator("visible=true")
    const entries = opened.locator("nav.side li:visible a")
    const all = await entries.count()
    for (const words of [
      "secret rotate",
      "POST /v1/tenants/{tenantId}/endpoints/{endpointId}/secret/rotate",
      "rotateEndpointSecret",
    ]) {
      await search.fill(words)
      assert.equal(await entries.count(), 1, words)
    }
    await opened.getByText("1 entry").locator("visible=true").waitFor()
    await search.press("Enter")
    assert.match(opened.url(), /#\w+/)
    await search.press("Escape")
    assert.equal(await entries.count(), all)
    await search.fill("no such thing at all")
    await opened.getByText("0 entries").locator("visible=true").waitFor()
    await opened.context().close()
  },
)

test(
  "one language is chosen for all samples, is remembered, and is what is copied",
  { skip },
  async () => {
    const opened = await openDocs({ permissions: ["clipboard-read", "clipboard-write"] })
    const sample = (id: string) => opened.locator(`#${id} .sample pre[class]:visible`)
    assert.match(await sample("createEndpoint").innerText(), /^curl /)
    await opened.locator("#createEndpoint").getByLabel("Python").check()
    for (const id of ["createEndpoint", "listDeliveries"]) {
      assert.equal(await sample(id).count(), 1)
      assert.match(await sample(id).innerText(), /urlopen/)
    }
    await opened.reload()
    assert.match(await sample("listDeliveries").innerText(), /urlopen/)
    await opened.locator("#listDeliveries .copied:visible > button").first().click()
    await opened.getByRole("button", { name: "Copied" }).waitFor()
    const copied = await opened.evaluate("navigator.clipboard.readText()")
    assert.equal(copied, await sample("listDeliveries").textContent())
    await opened.context().close()
  },
)

test(
  "without scripts the languages can be chosen too, and no search is shown that does nothing",
  { skip },
  async () => {
    const opened = await openDocs({ javaScriptEnabled: false })
    await opened.locator("#createEndpoint").getByLabel("TypeScript").check()
    const shown = opened.locator("#createEndpoint .sample pre[class]:visible")
    assert.match(await shown.innerText(), /await fetch/)
    assert.equal(await opened.locator("input[data-search]:visible").count(), 0)
    await opened.context().close()
  },
)
