import { readFileSync } from "node:fs"
import { readAssets } from "../portal/assets-source.ts"
import { version } from "../runtime/version.ts"
import { makeAsyncApi } from "./asyncapi.ts"
import { guideHtml } from "./guide-html.ts"
import { makeDocument } from "./openapi.ts"
import { routes } from "./routes.ts"

const guide = new URL("../../packages/receiver/README.md", import.meta.url)

/** All that is served as generated and committed, by file name. */
export function makeDocuments(): Record<string, unknown> {
  const openapi = makeDocument(routes, version)
  return {
    "openapi.json": openapi,
    "asyncapi.json": makeAsyncApi(openapi),
    "receiving.json": guideHtml(readFileSync(guide, "utf8")),
    "../portal/assets.json": readAssets(),
  }
}
