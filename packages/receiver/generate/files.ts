import { format, resolveConfig } from "prettier"
import { fileURLToPath } from "node:url"
import { eventsText } from "./events-text.ts"
import { schemaFiles } from "./schema-files.ts"

/** All generated files of the package, by their path in it, formatted as the repository is. */
export async function generatedFiles(): Promise<Map<string, string>> {
  const options = await resolveConfig(fileURLToPath(import.meta.url))
  const files = new Map([
    ["src/events.ts", await format(eventsText(), { ...options, parser: "typescript" })],
  ])
  for (const [name, schema] of schemaFiles()) {
    const text = await format(JSON.stringify(schema), { ...options, parser: "json" })
    files.set(`schemas/${name}`, text)
  }
  return files
}
