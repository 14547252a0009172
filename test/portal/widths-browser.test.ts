import assert from "node:assert/strict"
import { test } from "node:test"
import { OPERATOR_KEY } from "../api/api.ts"
import { skip } from "./browser.ts"
import { pagesOf, seed } from "./seed.ts"
import { useBrowser } from "./use-browser.ts"

const portal = useBrowser()
let pages: Record<string, string> | undefined

const LISTS = "tenants search calls audit endpoints deliveries events sources keys".split(" ")
// Beside the menu a list has less room at 840 than at 800, where the menu is above it.
for (const width of [360, 800, 840, 1000, 1220, 1285]) {
  test(`at ${width} px no row is wider than its list's card`, { skip }, async () => {
    const { api, receiver, url } = portal.served
    pages ??= pagesOf(await seed(api, receiver))
    const context = await portal.browser.newContext({ viewport: { width, height: 800 } })
    const page = await context.newPage()
    await page.goto(`${url}/portal`)
    await page.getByLabel("API key").fill(OPERATOR_KEY)
    await page.getByRole("button", { name: "Sign in" }).click()
    await page.waitForURL("**/portal/tenants")
    for (const name of LISTS) {
      await page.goto(`${url}${pages[name]!}`)
      const cards = page.locator(".card:has(> .list)")
      assert.ok((await cards.count()) > 0, name)
      for (const card of await cards.all()) {
        const [row, room] = await card.evaluate((each) => [each.scrollWidth, each.clientWidth])
        assert.ok(row! <= room!, `${name}: a row of ${row} px in ${room}`)
      }
    }
    await context.close()
  })
}
