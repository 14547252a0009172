import { execFile } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"

const root = join(import.meta.dirname, "../..")

/** A value that was sent, and its type in an official client, in terms of IMPORTS. */
export type Typed = { type: string; value: unknown }

const IMPORTS = `import type { v1, v2 } from "pipedrive"
import type { DateString, StandardSchema } from "@jsforce/jsforce-node"
type All<Name extends "Task" | "Contact"> = StandardSchema["SObjects"][Name]["Fields"]
// The client marks dates, which it answers with as texts, so that no other text is taken for one.
type Sent<Value> = Value extends DateString ? string : Value
// Any name is a field to the client, since orgs have their own: those that it knows are meant.
export type Fields<Name extends "Task" | "Contact"> = {
  [Field in keyof All<Name> as string extends Field ? never : Field]: Sent<All<Name>[Field]>
}
export type { v1, v2 }
`

/** How many lines the compiler counts before the first value. */
export const IMPORT_LINES = IMPORTS.split("\n").length - 1

/** What the compiler says of values as literals of their types: a field that a type has not, one that is missing, a wrong word. */
export async function typeProblems(typed: Typed[]): Promise<string[]> {
  // Below the repository, where the clients are found; never in a folder that is checked or searched.
  const caches = join(root, "node_modules/.cache")
  mkdirSync(caches, { recursive: true })
  const folder = mkdtempSync(join(caches, "ringback-client-types-"))
  try {
    const lines = typed.map(({ type, value }, index) => {
      return `export const _${index}: ${type} = ${JSON.stringify(value)}`
    })
    const file = join(folder, "sent.ts")
    writeFileSync(file, IMPORTS + lines.join("\n"))
    const options = "--ignoreConfig --noEmit --strict --skipLibCheck --module nodenext --types node"
    const compiler = join(root, "node_modules/typescript/bin/tsc")
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [compiler, ...options.split(" "), "--pretty", "false", file],
      { cwd: root, maxBuffer: 16 * 1024 * 1024 },
    ).catch((error: { stdout?: string; message: string }) => {
      return { stdout: error.stdout || error.message }
    })
    return stdout.split("\n").filter((line) => line !== "")
  } finally {
    rmSync(folder, { recursive: true })
  }
}
