import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"
import { wordsOf } from "@ringback/events/code"
import { fieldsOf } from "@ringback/events/field"
import { recordKinds } from "@ringback/events/ami-event-kinds"

const document = readFileSync(new URL("../../packages/events/README.md", import.meta.url), "utf8")
const chapter = document.split("\n## ").find((text) => text.startsWith("Names of codes"))!
const rows = chapter
  .split("\n")
  .filter((line) => line.startsWith("| "))
  .map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll("`", "")),
  )

/** By header of a kind, the documented names by code. */
const documented = new Map<string, Record<string, string>>()
let fields: string[] = []
for (const [first, ...rest] of rows) {
  if (first!.startsWith("---") || first === "code of") continue
  // A row with no field in front goes on with the fields above it.
  if (first) fields = first.split(", ")
  const [code, name] = rest as [string, string]
  for (const field of fields) {
    const names = documented.get(field) ?? {}
    assert.equal(names[code], undefined, `${field} ${code} stands there twice`)
    documented.set(field, { ...names, [code]: name })
  }
}

test("every code has the name that the documented table gives it, and no other code has one", () => {
  const known = new Map(
    recordKinds.flatMap((kind) =>
      [...fieldsOf[kind].keys()].flatMap((header): [string, object][] => {
        const words = wordsOf(kind, header)
        return words ? [[`${kind}.${header}`, words]] : []
      }),
    ),
  )
  assert.deepEqual(Object.fromEntries(known), Object.fromEntries(documented))
})

test("what is no code has no names", () => {
  assert.equal(wordsOf("queue", "Name"), undefined)
  assert.equal(wordsOf("plan", "Status"), undefined)
})
