import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { test } from "node:test"
import { withoutIndentation } from "@ringback/functions/portal/indentation"

test("whitespace with a line break between two tags becomes one line break, and nothing else does", () => {
  const markup = "<ul>\n    <li> <b>a</b>\t<i>\n b \n</i>\r\n\n</li>\n</ul>\n"
  const expected = "<ul>\n<li> <b>a</b>\t<i>\n b \n</i>\n</li>\n</ul>\n"
  assert.equal(withoutIndentation(markup), expected)
})

test("a name that begins with a million line breaks does not occupy the process", () => {
  const program = `
    import { withoutIndentation } from "@ringback/functions/portal/indentation"
    const markup = "<bdi>" + "\\n".repeat(1_000_000) + "x</bdi>"
    console.log(withoutIndentation(markup) === markup)`
  const args = ["--input-type=module", "--eval", program]
  const { stdout } = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 60_000 })
  assert.equal(stdout, "true\n")
})
