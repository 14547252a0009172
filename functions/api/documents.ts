import { readFileSync } from "node:fs"
import { readAssets } from "../portal/assets-source.ts"
import { version } from "../runtime/version.ts"
import { makeAsyncApi } from "./asyncapi.ts"
import { guideHtml } from "./guide-html.ts"
import { makeDocument } from "./openapi.ts"
import { routes } from "./routes.ts"

// The guides by their names at /docs.
const guides = {
  receiving: "packages/receiver/README.md",
  crm: "packages/connectors/GUIDE.md",
  events: "packages/events/README.md",
  collector: "packages/collector/README.md",
  operating: "infra/README.md",
}

const places = new Map(Object.entries(guides).map(([name, file]) => [file, `/docs/${name}`]))

const guideOf = (file: string) =>
  guideHtml(readFileSync(new URL(`../../${file}`, import.meta.url), "utf8"), { file, places })

/** All generated documents that are committed and served, by file name. */
export function makeDocuments(): Record<string, unknown> {
  const openapi = makeDocument(routes, version)
  return {
    "openapi.json": openapi,
    "asyncapi.json": makeAsyncApi(openapi),
    "guides.json": Object.fromEntries(
      Object.entries(guides).map(([name, file]) => [name, guideOf(file)]),
    ),
    "../portal/assets.json": readAssets(),
  }
}
