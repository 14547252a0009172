import { mkdirSync } from "node:fs"
import { join } from "node:path"
import type { BrowserContext } from "playwright-core"
import { OPERATOR_KEY } from "../api/api.ts"
import { skip, startBrowser } from "./browser.ts"
import { liveAnHour, type Clock } from "./busy-hour.ts"
import { servePortal } from "./served.ts"

// `npm run screenshots`: README's pictures, of an hour that went through the real pipeline. `-- DIR` puts every page there
// too, light and dark, on a desktop and on a phone.

if (skip) {
  console.error(skip)
  process.exit(1)
}

const room = new URL("../../functions/portal/", import.meta.url).pathname
const [dir] = process.argv.slice(2)

const clock: Clock = { at: Date.now() }
const served = await servePortal({ now: () => clock.at })
const { api, receiver, url } = served
const browser = await startBrowser()
try {
  const made = await liveAnHour(api, clock, receiver)
  const base = `/portal/${made.tenantId}`
  const pages: Record<string, string> = {
    overview: base,
    calls: `${base}/calls`,
    call: `${base}/calls/${made.event.data.uuid}`,
    events: `${base}/events`,
    event: `${base}/events/${made.event.id}`,
    deliveries: `${base}/deliveries`,
    delivery: `${base}/deliveries/${made.deliveryId}`,
    endpoints: `${base}/endpoints`,
    endpoint: `${base}/endpoints/${made.endpointId}`,
    "endpoint-kinds": `${base}/endpoints/new`,
    "endpoint-new": `${base}/endpoints/new?kind=webhook&example=slack`,
    "endpoint-pull": `${base}/endpoints/new?kind=pull`,
    "endpoint-hubspot": `${base}/endpoints/new?kind=hubspot`,
    "endpoint-salesforce": `${base}/endpoints/new?kind=salesforce`,
    "endpoint-zoho": `${base}/endpoints/new?kind=zoho`,
    pbxes: `${base}/sources`,
    pbx: `${base}/sources/${made.sourceId}`,
    keys: `${base}/keys`,
    audit: `${base}/audit`,
    "event-catalog": `${base}/event-types`,
    "event-type": `${base}/event-types/call.completed`,
    tenants: "/portal/tenants",
    search: "/portal/search?q=crm",
    "dead-letters": "/portal/dead-letters",
    rejected: "/portal/rejected",
    cost: "/portal/cost",
  }
  const widths = { desktop: 1280, phone: 390 }
  for (const colorScheme of ["light", "dark"] as const) {
    for (const [form, width] of Object.entries(widths)) {
      const viewport = { width, height: form === "phone" ? 844 : 860 }
      const context = await browser.newContext({ viewport, colorScheme })
      await signIn(context)
      if (form === "desktop") await shoot(context, base, join(room, `overview-${colorScheme}.png`))
      if (dir) {
        mkdirSync(dir, { recursive: true })
        for (const [name, path] of Object.entries(pages))
          await shoot(context, path, join(dir, `${name}-${form}-${colorScheme}.png`), true)
      }
      await context.close()
    }
  }
} finally {
  await browser.close()
  await served.close()
}

async function signIn(context: BrowserContext): Promise<void> {
  const page = await context.newPage()
  await page.goto(`${url}/portal`)
  await page.getByLabel("API key").fill(OPERATOR_KEY)
  await page.getByRole("button", { name: "Sign in" }).click()
  await page.waitForURL("**/portal/tenants")
  await page.close()
}

async function shoot(context: BrowserContext, path: string, file: string, fullPage = false) {
  const page = await context.newPage()
  // The browser's clock is the machine's, and the hour ended as the script began.
  await page.clock.setFixedTime(clock.at + 1_000)
  await page.goto(`${url}${path}`)
  await page.screenshot({ path: file, fullPage })
  await page.close()
}
