import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"
import { version } from "@ringback/functions/runtime/version"

test("the version that receivers see is the package's", () => {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8")
  assert.equal(version, (JSON.parse(text) as { version: string }).version)
})
