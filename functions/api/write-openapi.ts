import { writeFileSync } from "node:fs"
import { format, resolveConfig } from "prettier"
import { makeDocuments } from "./documents.ts"

// `npm run openapi` writes the documents that are served and committed. A test fails when they are
// outdated.
for (const [name, document] of Object.entries(makeDocuments())) {
  const file = new URL(name, import.meta.url)
  const options = { ...(await resolveConfig(file)), parser: "json" }
  writeFileSync(file, await format(JSON.stringify(document), options))
}
