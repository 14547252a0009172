import { readFileSync } from "node:fs"
import { registerHooks } from "node:module"
import { fileURLToPath, pathToFileURL } from "node:url"

// Loaded into every process of a test by NODE_OPTIONS. The mutant exists in memory alone: no file is written, so runs
// may go on side by side and a killed run leaves nothing behind.

const { MUTANT } = process.env
if (MUTANT) {
  const { file, start, end, text } = JSON.parse(MUTANT) as {
    file: string
    start: number
    end: number
    text: string
  }
  const target = pathToFileURL(file).href
  registerHooks({
    load(url, context, nextLoad) {
      if (url !== target) return nextLoad(url, context)
      const source = readFileSync(fileURLToPath(url), "utf8")
      const mutated = source.slice(0, start) + text + source.slice(end)
      return { format: "module-typescript", source: mutated, shortCircuit: true }
    },
  })
}
