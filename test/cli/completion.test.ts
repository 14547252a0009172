import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { test } from "node:test"
import { cli } from "./command.ts"

/** What bash offers for the last of those words. */
async function offers(shell: "bash" | "zsh", ...words: string[]): Promise<string[]> {
  const { out } = await cli(["completion", shell])
  const script = shell === "zsh" ? out.replace(/^autoload.*\n/, "") : out
  const asked = `${script}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ringback; printf '%s\\n' "\${COMPREPLY[@]}"`
  return execFileSync("bash", ["-c", asked, "bash", ...words], { encoding: "utf8" })
    .split("\n")
    .filter((word) => word !== "")
}

test("commands, their commands, options and values are completed", async () => {
  assert.deepEqual(await offers("bash", "ringback", "de"), ["deliveries"])
  assert.deepEqual(await offers("bash", "ringback", "endpoints", "re"), ["recover"])
  assert.deepEqual(await offers("bash", "ringback", "--json", "ev"), ["events", "event-types"])
  assert.deepEqual(await offers("bash", "ringback", "endpoints", "update", "--cl"), ["--clear"])
  assert.deepEqual(await offers("bash", "ringback", "trigger", "call", "--outcome", "b"), ["busy"])
  assert.deepEqual(await offers("bash", "ringback", "completion", "f"), ["fish"])
  assert.ok((await offers("zsh", "ringback", "keys", "")).includes("revoke"))
})

test("fish has a line for each command and option, quoted", async () => {
  const { out } = await cli(["completion", "fish"])
  const lines = out.trimEnd().split("\n")
  assert.ok(lines.length > 100)
  assert.ok(
    lines.slice(1).every((line) => /^complete -c ringback .* -d '([^'\\]|\\.)*'$/.test(line)),
  )
  assert.ok(out.includes(`-n '__fish_seen_subcommand_from endpoints' -a rotate `))
  assert.ok(out.includes(`-l outcome -x -a 'answered busy rejected no_answer congestion failed'`))
})
