import { existsSync } from "node:fs"
import { chromium, type Browser } from "playwright-core"

const places = [
  process.env["CHROMIUM_PATH"] ?? "",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
]
const executablePath = places.find((place) => place !== "" && existsSync(place))

/** Why a test that needs a browser is left out; false where there is one. */
export const skip = executablePath ? false : "no Chromium on this machine (CHROMIUM_PATH names one)"

// A machine that has much to do makes a page wait; what never comes is told all the same.
export const PATIENCE_MS = 180_000

export const startBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: executablePath ?? "", args: ["--no-sandbox"] })
