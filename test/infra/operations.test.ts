import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { resolve } from "node:path"
import { describe, test } from "node:test"
import { root } from "./offline/paths.ts"
import { withSst } from "./offline/sst.ts"
import { stages } from "./offline/stages.ts"

const read = (path: string) => readFileSync(resolve(root, path), "utf8")
const manual = read("infra/README.md")

const settingsIn = (text: string) => new Set(text.match(/RINGBACK_[A-Z_]+[A-Z]/g))

/** Settings as infra/ reads them: by their name without the prefix, or in full. */
const settingsInCode = () => {
  const names = new Set<string>()
  for (const file of readdirSync(resolve(root, "infra")).filter((name) => name.endsWith(".ts"))) {
    const code = read(`infra/${file}`)
    for (const [, name] of code.matchAll(
      /\b(?:setting|whole|required|concurrencyOf)\("([A-Z_]+)"/g,
    )) {
      names.add(`RINGBACK_${name}`)
    }
    for (const [, name] of code.matchAll(/process\.env\.(RINGBACK_[A-Z_]+)/g)) names.add(name ?? "")
  }
  return names
}

describe("the manual", () => {
  test("names the settings that there are, and so does the workflow", () => {
    const settings = [...settingsInCode()].sort()
    assert.deepEqual([...settingsIn(manual)].sort(), settings)
    assert.deepEqual([...settingsIn(read(".github/workflows/deploy.yml"))].sort(), settings)
  })

  test("rotates the operator's key with a command that works", async () => {
    const value = "an-operator-key-set-by-the-manual"
    const [, command = ""] = /npx sst (secret set OperatorKey) "/.exec(manual) ?? []
    await withSst(async (sst) => {
      const settings = stages.proof ?? {}
      await sst([...command.split(" "), value, "--stage", "proof"], settings)
      assert.match(await sst(["secret", "list", "--stage", "proof"], settings), new RegExp(value))
    })
  })

  test("is right that a permanent stage cannot be removed", async () => {
    const settings = stages.production ?? {}
    const removal = withSst((sst) => sst(["remove", "--stage", "production"], settings))
    await assert.rejects(removal, /protect/i)
  })
})

describe("workflows", () => {
  for (const file of readdirSync(resolve(root, ".github/workflows"))) {
    const text = read(`.github/workflows/${file}`)

    test(`${file} uses actions by their commit`, () => {
      for (const [, action = ""] of text.matchAll(/uses: (.*)/g)) {
        assert.match(action, /^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d/)
      }
    })

    test(`${file} may read, unless a job asks for more`, () => {
      assert.match(text, /^permissions:\n  contents: read\n\n/m)
      assert.doesNotMatch(text, /pull_request_target|: write-all|secrets\./)
    })
  }
})
