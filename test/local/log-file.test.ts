import { makeLogger } from "@ringback/functions/runtime/log"
import { openLogFile } from "@ringback/local/log-file"
import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { makeDir } from "../harness/directory.ts"

test("what happens is a line of JSON at the end of the file", () => {
  const path = join(makeDir(), "log")
  const log = openLogFile(path, (error) => assert.fail(String(error)))
  log("one", { count: 1 })
  const second = makeLogger(path)
  second.log("two", { count: 2 })
  second.flush()
  const lines = readFileSync(path, "utf8").trimEnd().split("\n")
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as { event: string }).event),
    ["one", "two"],
  )
})

test("what was said last is in the file, also where the process ends or throws in the same turn", () => {
  for (const end of ["process.exit(0)", 'throw new Error("a bug")']) {
    const path = join(makeDir(), "log")
    const code = `
      import { makeLogger } from "@ringback/functions/runtime/log"
      const { log } = makeLogger(${JSON.stringify(path)})
      for (let count = 0; count < 100; count++) log("said", { count })
      ${end}`
    spawnSync(process.execPath, ["--input-type=module", "--eval", code])
    assert.equal(readFileSync(path, "utf8").trimEnd().split("\n").length, 100, end)
  }
})

test(
  "a disk that is full costs lines and nothing else",
  { skip: !existsSync("/dev/full") && "there is no /dev/full here" },
  () => {
    const errors: unknown[] = []
    openLogFile("/dev/full", (error) => errors.push(error))("one")
    assert.match(String(errors), /ENOSPC/)
    const second = makeLogger("/dev/full")
    second.log("two", {})
    second.flush()
  },
)
