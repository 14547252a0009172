import assert from "node:assert/strict"
import { test } from "node:test"
import type { BrowserContextOptions, Page } from "playwright-core"
import { makeTenant } from "../api/api.ts"
import { until } from "../harness/until.ts"
import { skip } from "./browser.ts"
import { useBrowser } from "./use-browser.ts"

// What a browser shows while a page is slow to come, and when none comes at all.

const portal = useBrowser()

/** Signed in by a key of a new tenant's, which has one endpoint. */
async function enter(options: BrowserContextOptions = {}) {
  const { api, url, receiver } = portal.served
  const { id, path } = await makeTenant(api)
  const { body: endpoint } = await api.call(`POST ${path}/endpoints`, {
    body: { url: receiver.url },
  })
  const { body: key } = await api.call(`POST ${path}/keys`, { body: { name: "browser" } })
  const context = await portal.browser.newContext(options)
  const page = await context.newPage()
  await page.goto(`${url}/portal`)
  await page.getByLabel("API key").fill(key.key)
  await page.getByRole("button", { name: "Sign in" }).click()
  await page.getByRole("heading", { name: "Overview" }).waitFor()
  const revoke = () => api.call(`DELETE ${path}/keys/${key.id}`)
  return { page, context, revoke, base: `${url}/portal/${id}`, endpoint: endpoint.id as string }
}

/** Holds back the answers to what fits, until it is let go. */
async function hold(page: Page, what: string, method: string) {
  const { promise, resolve } = Promise.withResolvers<void>()
  await page.route(what, async (route) => {
    if (route.request().method() === method) await promise
    await route.continue()
  })
  return resolve
}

const bar = (page: Page) => page.locator("#progress")
const notice = (page: Page) => page.locator("#notice")

// The driver asks nothing of a page that is about to be left, so the page says it itself.
const REPORT = `new MutationObserver(() => {
  const bar = document.getElementById("progress")
  const { top, left } = document.querySelector("h1").getBoundingClientRect()
  const { visibility } = getComputedStyle(bar)
  const { animationName } = getComputedStyle(bar, "::before")
  console.log(JSON.stringify({ text: bar.textContent, visibility, animationName, top, left }))
}).observe(document.getElementById("progress"), { attributes: true })`

for (const reducedMotion of ["no-preference", "reduce"] as const) {
  test(
    `a page on its way is announced by a bar that moves nothing, and goes (motion: ${reducedMotion})`,
    { skip },
    async () => {
      const { page, context, base } = await enter({ reducedMotion })
      await bar(page).waitFor({ state: "hidden" })
      const release = await hold(page, `${base}/keys`, "GET")
      const place = await page.getByRole("heading", { level: 1 }).boundingBox()
      await page.evaluate(REPORT)
      const reported = page.waitForEvent("console")
      // It ends with the navigation.
      const clicked = page.getByRole("link", { name: "API keys" }).locator("visible=true").click()
      assert.deepEqual(JSON.parse((await reported).text()), {
        text: "Loading",
        visibility: "visible",
        animationName: reducedMotion === "reduce" ? "none" : "progress",
        top: place!.y,
        left: place!.x,
      })
      release()
      await clicked
      await page.getByRole("heading", { name: "API keys", level: 1 }).waitFor()
      await bar(page).waitFor({ state: "hidden" })
      await context.close()
    },
  )
}

test(
  "a part of a page on its way is announced too, a live page's own questions are not",
  { skip },
  async () => {
    const { page, context, base, endpoint } = await enter()
    const at = `${base}/endpoints/${endpoint}`
    await page.goto(at)
    const release = await hold(page, `${at}/test`, "POST")
    const shown = await page.evaluate<string[]>(`(() => {
    window.shown = []
    new MutationObserver(() => window.shown.push(document.getElementById("progress").textContent))
      .observe(document.getElementById("progress"), { childList: true })
    return window.shown
  })()`)
    assert.deepEqual(shown, [])
    const poll = await hold(page, at, "GET")
    await page.waitForRequest((request) => request.url() === at)
    poll()
    await page.waitForResponse(at)
    assert.deepEqual(await page.evaluate("window.shown.filter(Boolean)"), [])
    await page.getByRole("button", { name: "Send test" }).click()
    await bar(page).waitFor({ state: "visible" })
    release()
    await page.getByText("The test was delivered.").waitFor()
    await bar(page).waitFor({ state: "hidden" })
    await context.close()
  },
)

test(
  "an answer that has no place in the page is told of, and what stands there is kept",
  { skip },
  async () => {
    const { page, context, base, endpoint } = await enter()
    const at = `${base}/endpoints/${endpoint}`
    await page.goto(at)
    await page.getByRole("button", { name: "Send test" }).click()
    await page.getByText("The test was delivered.").waitFor()
    // Of a proxy on the way.
    await page.route(`${at}/test`, (route) =>
      route.fulfill({ status: 502, contentType: "text/html", body: "<h1>Bad gateway</h1>" }),
    )
    await page.getByRole("button", { name: "Send test" }).click()
    await notice(page).getByText("Bad gateway.").waitFor()
    await page.getByText("The test was delivered.").waitFor()
    await page.unroute(`${at}/test`)
    await page.getByRole("button", { name: "Send test" }).click()
    await notice(page).waitFor({ state: "hidden" })
    await context.close()
  },
)

test(
  "a live page whose session ends says so, keeps what it shows, and asks no more",
  { skip },
  async () => {
    const { page, context, revoke } = await enter()
    const before = await page.locator("#live").innerText()
    const at = page.url()
    await revoke()
    await notice(page).getByText("Your session has ended").waitFor()
    assert.equal(page.url(), at)
    assert.equal(await page.locator("#live").innerText(), before)
    await page.locator(".live-mark").getByText("Not live").waitFor()
    let asked = 0
    page.on("request", (request) => {
      if ("portal-live" in request.headers()) asked++
    })
    // By a key that is pressed a page asks sooner.
    await page.keyboard.press("Shift")
    await notice(page).getByRole("link", { name: "Sign in again" }).click()
    await page.getByLabel("API key").waitFor()
    assert.equal(asked, 0)
    await page.getByText("Your session has ended. Sign in again.").waitFor()
    await context.close()
  },
)

test(
  "a live page without a connection says since when it is not up to date, until it is again",
  { skip },
  async () => {
    const { page, context } = await enter()
    await context.setOffline(true)
    await notice(page)
      .getByText(/No connection. Not updated since \d\d:\d\d:\d\d/)
      .waitFor()
    await page.locator(".live-mark[data-paused]").getByText("Not live").waitFor()
    await context.setOffline(false)
    await notice(page).waitFor({ state: "hidden" })
    await page.locator(".live-mark:not([data-paused])").getByText("Live", { exact: true }).waitFor()
    await context.close()
  },
)

test(
  "a live page that gets something else than itself swaps nothing, and says since when",
  { skip },
  async () => {
    const { page, context, base } = await enter()
    const before = await page.locator("#live").innerText()
    await page.route(base, (route) =>
      route.fulfill({ status: 500, contentType: "text/html", body: "<h1>Broken</h1>" }),
    )
    await notice(page)
      .getByText(/responded with an error. Not updated since \d\d:/)
      .waitFor()
    assert.equal(await page.locator("#live").innerText(), before)
    await page.unroute(base)
    await notice(page).waitFor({ state: "hidden" })
    await context.close()
  },
)

test("a name that is cut is whole for whoever comes to it by keyboard", { skip }, async () => {
  const { page, context, base } = await enter({ viewport: { width: 360, height: 800 } })
  const path = `/v1/tenants/${base.split("/").at(-1)!}`
  const long = "A PBX that has a name of very many words ".repeat(4).trim()
  await portal.served.api.call(`POST ${path}/sources`, { body: { name: long } })
  await page.goto(`${base}/sources`)
  const link = page.getByRole("link", { name: long })
  const isCut = () => link.locator("bdi").evaluate((each) => each.scrollWidth > each.clientWidth)
  assert.equal(await isCut(), true)
  assert.equal(await link.locator("bdi").getAttribute("title"), long)
  await page.keyboard.press("Tab")
  await until(
    async () => {
      await page.keyboard.press("Tab")
      return link.evaluate((each) => each.matches(":focus-visible"))
    },
    { what: "the link has the focus" },
  )
  assert.equal(await isCut(), false)
  assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 360)
  await context.close()
})
