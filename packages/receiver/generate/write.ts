import { mkdirSync, writeFileSync } from "node:fs"
import { generatedFiles } from "./files.ts"

// `npm run generate -w packages/receiver`: writes what a test compares with the catalog.
const root = new URL("../", import.meta.url)
mkdirSync(new URL("schemas/", root), { recursive: true })
for (const [name, text] of await generatedFiles()) writeFileSync(new URL(name, root), text)
