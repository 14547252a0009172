import assert from "node:assert/strict"
import { createRequire } from "node:module"
import { join } from "node:path"
import { test } from "node:test"
import { BUILT_INS, openExpressions } from "@ringback/webhooks/expression"

// The inside of a sandbox, without its process: this test's own realm is the one that is closed.
const answer = await openExpressions()
const evaluate = (expression: string, input: unknown = {}) =>
  answer({ expression, input: JSON.stringify(input) })
const reasonOf = async (expression: string, input?: unknown) => {
  const said = await evaluate(expression, input)
  return "reason" in said ? said.reason : undefined
}

test("a value is JSON; null, nothing and what has no JSON are none", async () => {
  assert.deepEqual(await evaluate("a + 1", { a: 1 }), { json: "2" })
  assert.deepEqual(await evaluate(`{"x": [1, null]}`), { json: `{"x":[1,null]}` })
  assert.deepEqual(await evaluate(`"null"`), { json: `"null"` })
  for (const expression of ["null", "missing"])
    assert.deepEqual(await evaluate(expression), { json: null }, expression)
})

test("without an input it is read and not evaluated", async () => {
  assert.deepEqual(await answer({ expression: `$error("no")` }), { json: null })
  const wrong = await answer({ expression: `{"a": ` })
  assert.match("reason" in wrong ? wrong.reason : "", /\(at character \d+\)$/)
})

test("what goes wrong is said in its own words, with its place where it has one", async () => {
  assert.match((await reasonOf(`$error("no such plan")`))!, /^no such plan \(at character \d+\)$/)
  assert.match(
    ((await answer({ expression: "1", input: "{" })) as { reason: string }).reason,
    /JSON/,
  )
  assert.equal(
    ((await answer({ expression: "1", input: "{" })) as { reason: string }).reason.includes(
      "character undefined",
    ),
    false,
  )
})

test("256 KB are the most, in bytes", async () => {
  const bytes = 256 * 1024
  const sized = (size: number) => evaluate("a", { a: "x".repeat(size - 2) })
  assert.ok("json" in (await sized(bytes)))
  assert.deepEqual(await sized(bytes + 1), { reason: "the value is larger than 256 KB" })
  const wide = { a: "\u20ac".repeat(bytes / 3) }
  assert.deepEqual(await evaluate("a", wide), { reason: "the value is larger than 256 KB" })
})

test("depth and length have their bounds", async () => {
  const deep = (levels: number) =>
    `($f := function($n){ $n = 0 ? 0 : 1 + $f($n - 1) }; $f(${levels}))`
  assert.equal(await reasonOf(deep(10)), undefined)
  assert.notEqual(await reasonOf(deep(1000)), undefined)
  assert.deepEqual(await evaluate("$count([1..100000])"), { json: "100000" })
  assert.notEqual(await reasonOf("$count([1..100001])"), undefined)
})

test("a value is nested 200 levels at most, because others must be able to write it", async () => {
  const nested = (levels: number) =>
    JSON.parse(`${'{"a":['.repeat(levels / 2)}${"]}".repeat(levels / 2)}`) as object
  assert.ok("json" in (await evaluate("$", nested(200))))
  const tooDeep = { reason: "the value is nested more than 200 levels deep" }
  assert.deepEqual(await evaluate("$", nested(202)), tooDeep)
  // Ten times 50 levels.
  const step = `${'{"a": '.repeat(50)}$x${"}".repeat(50)}`
  assert.deepEqual(await evaluate(`$reduce([1..11], function($x, $y){${step}}, 1)`), tooDeep)
  // Brackets in texts are none.
  assert.deepEqual(await evaluate(`"${"[{".repeat(300)}" & '"[' & "\\\\[["`), {
    json: JSON.stringify(`${"[{".repeat(300)}"[\\[[`),
  })
})

test("nothing can be added to what all expressions share", () => {
  for (const { prototype } of [Object, Array, Function, String, Number]) {
    assert.equal(Object.isExtensible(prototype), false)
    assert.equal(Reflect.defineProperty(prototype, "polluted", { value: 1 }), false)
  }
})

test("no built-in function can be replaced, taken away or added to", async () => {
  const before = await evaluate(`$lowercase("A")`)
  const attempts = [
    `{"a": $lowercase} ~> |a|{"implementation": function($x){"mine"}}|`,
    `{"a": $lowercase} ~> |a|{"extra": 1}|`,
    `{"a": $lowercase} ~> |a|{}, "implementation"|`,
  ]
  for (const attempt of attempts) {
    await evaluate(`($clone := function($x){$x}; ${attempt}; 1)`)
    assert.deepEqual(await evaluate(`$lowercase("A")`), before)
    assert.deepEqual(
      await evaluate(`$keys({"f": $lowercase}.f)`),
      await evaluate(`$keys({"f": $uppercase}.f)`),
    )
  }
  assert.deepEqual(await evaluate(`$map(["A", "B"], $lowercase)`), { json: `["a","b"]` })
})

test("the functions that all expressions share are sealed, and hold what they did", async () => {
  // The very module that expressions are evaluated with, where transform.test.ts reads its source too.
  const file = join(import.meta.dirname, "../../node_modules", "jsonata", "jsonata.js")
  const jsonata = createRequire(import.meta.url)(file) as (text: string) => {
    evaluate: (input: object) => Promise<object>
  }
  for (const name of BUILT_INS) {
    const built = await jsonata(`$${name}`).evaluate({})
    assert.ok(Object.isSealed(built), name)
    for (const [key, { writable }] of Object.entries(Object.getOwnPropertyDescriptors(built)))
      assert.equal(writable, ["token", "position"].includes(key), `${name}.${key}`)
    assert.ok(!Object.keys(built).includes("token"), "what JSONata writes there nobody lists")
  }
})
