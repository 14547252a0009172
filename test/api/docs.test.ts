import assert from "node:assert/strict"
import { once } from "node:events"
import type { AddressInfo } from "node:net"
import { after, before, test } from "node:test"
import { createAdaptorServer } from "@hono/node-server"
import { Hono } from "hono"
import type { Browser } from "playwright-core"
import document from "../../functions/api/openapi.json" with { type: "json" }
import { docsHeaders, docsPage } from "@ringback/functions/api/docs"
import { problems } from "@ringback/functions/api/problem"
import { guidePage, guides } from "@ringback/functions/api/guides"
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

test("the page needs nothing from elsewhere, and runs nothing", () => {
  assert.doesNotMatch(page, /<script|<iframe|<img|@import|\burl\(|\son\w+="/)
  assert.doesNotMatch(page, /(src|href)="(https?:)?\/\//)
  assert.match(docsHeaders["content-security-policy"], /^default-src 'none'; style-src 'sha256-/)
})

let browser: Browser
const app = new Hono()
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
    await opened.close()
  })
}
