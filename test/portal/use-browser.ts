import { after, before } from "node:test"
import type { Browser } from "playwright-core"
import { skip, startBrowser } from "./browser.ts"
import { servePortal, type Served } from "./served.ts"

type Used = { served: Served; browser: Browser }

/** The portal and a browser for the tests of a file, which skip where no browser is installed. */
export function useBrowser(): Used {
  const used = {} as Used
  before(async () => {
    if (skip) return
    used.served = await servePortal()
    used.browser = await startBrowser()
  })
  after(async () => {
    if (skip) return
    await used.browser.close()
    await used.served.close()
  })
  return used
}
