import assert from "node:assert/strict"
import { test } from "node:test"
import { type Column, printTable } from "../../packages/cli/src/table.ts"
import { openTerminal } from "../../packages/cli/src/terminal.ts"
import { fit, widthOf } from "../../packages/cli/src/width.ts"

type Row = { id: string; name: string; note: string }

const columns: Column<Row>[] = [
  { title: "id", text: ({ id }) => id },
  { title: "name", text: ({ name }) => name, isFlexible: true, style: () => "green" },
  { title: "note", text: ({ note }) => note, isExtra: true },
]
const ID = "ep_".padEnd(29, "0")
const rows: Row[] = [
  { id: ID, name: "a name of moderate length, and more", note: "a note" },
  { id: ID, name: "短い名前", note: "" },
]

function print(room: number | undefined, env: NodeJS.ProcessEnv = { NO_COLOR: "1" }): string[] {
  let out = ""
  const write = (text: string) => (out += text)
  const isTTY = room !== undefined
  const terminal = openTerminal({ write, isTTY, ...(isTTY && { columns: room }) }, { write }, env)
  printTable(terminal, columns, rows)
  return out.trimEnd().split("\n")
}

test("into a pipe a table is written whole", () => {
  assert.deepEqual(print(undefined), [
    `id${" ".repeat(29)}name${" ".repeat(33)}note`,
    `${ID}  a name of moderate length, and more  a note`,
    `${ID}  短い名前`,
  ])
})

test("no line of a table is wider than the terminal, and an id is never cut", () => {
  for (let room = 20; room <= 120; room++) {
    const lines = print(room)
    const isTable = lines[0]!.includes("name")
    if (isTable)
      assert.ok(
        lines.every((line) => widthOf(line) <= room),
        `${room}\n${lines.join("\n")}`,
      )
    assert.equal(lines.filter((line) => line.includes(ID)).length, 2)
  }
})

test("what is less needed goes first, then text is cut, at last each item is a list", () => {
  assert.match(print(78)[1]!, /moderate length, and more  a note$/)
  assert.match(print(70)[1]!, / {2}a name of moderate length, and… {2}a note$/)
  assert.match(print(66)[1]!, /moderate length, and more$/)
  assert.match(print(50)[1]!, /a name of moder.*…$/)
  assert.deepEqual(print(40).slice(0, 4), [
    `id    ${ID}`,
    "name  a name of moderate length, and more",
    "",
    `id    ${ID}`,
  ])
})

test("colours are for a terminal alone, and NO_COLOR is obeyed", () => {
  assert.ok(print(100, {}).join("").includes("\x1b[32m"))
  assert.ok(!print(100, { NO_COLOR: "1" }).join("").includes("\x1b"))
  assert.ok(!print(undefined, {}).join("").includes("\x1b"))
  assert.ok(!print(100, { TERM: "dumb" }).join("").includes("\x1b"))
})

test("widths are those of a terminal: wide characters take two columns, accents none", () => {
  assert.equal(widthOf("短い"), 4)
  assert.equal(widthOf("e\u0301"), 1)
  assert.equal(fit("短い名前", 6), "短い… ")
  assert.equal(fit("ab", 4), "ab  ")
})
