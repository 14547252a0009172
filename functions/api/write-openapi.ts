import { writeFileSync } from "node:fs"
import { format, resolveConfig } from "prettier"
import { version } from "../runtime/version.ts"
import { makeDocument } from "./openapi.ts"
import { routes } from "./routes.ts"

// `npm run openapi`: writes the document that is served and committed. A test says when it is due.
const file = new URL("./openapi.json", import.meta.url)
const text = JSON.stringify(makeDocument(routes, version))
writeFileSync(file, await format(text, { ...(await resolveConfig(file)), parser: "json" }))
