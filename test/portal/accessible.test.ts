import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { after, before, test } from "node:test"
import type { AxeResults } from "axe-core"
import type { Browser } from "playwright-core"
import { OPERATOR_KEY } from "../api/api.ts"
import { skip, startBrowser } from "./browser.ts"
import { pagesOf, seed } from "./seed.ts"
import { servePortal, type Served } from "./served.ts"

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

let served: Served
let pages: Record<string, string>
let browser: Browser
before(async () => {
  if (skip) return
  served = await servePortal()
  pages = pagesOf(await seed(served.api, served.receiver))
  browser = await startBrowser()
})
after(async () => {
  if (skip) return
  await browser.close()
  await served.close()
})

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
      const page = await context.newPage()
      const said: string[] = []
      page.on("console", (message) => said.push(message.text()))
      const faults: string[] = []
      const look = async (name: string) => {
        const found = await page.evaluate(`${axe}; axe.run()`)
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
      for (const [name, path] of Object.entries(pages)) {
        await page.goto(`${served.url}${path}`)
        await look(name)
        // What is folded is looked at too.
        await page.evaluate(
          "document.querySelectorAll('details').forEach((each) => (each.open = true))",
        )
        await look(`${name}, unfolded`)
      }
      assert.deepEqual(
        said.filter((each) => !each.includes("404")),
        [],
      )
      await context.close()
    },
  )
}
