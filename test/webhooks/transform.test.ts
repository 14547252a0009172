import assert from "node:assert/strict"
import { after, describe, test } from "node:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { BUILT_INS } from "@ringback/webhooks/expression"
import { openSandbox } from "@ringback/webhooks/sandbox"
import { requestOf } from "@ringback/webhooks/transform"

const packages = join(import.meta.dirname, "../../node_modules")
const sandbox = openSandbox()
after(() => sandbox.close())

const WEBHOOK = {
  type: "call.completed",
  data: { number: "+4520123456", outcome: "answered", tries: [1, 2] },
}
const target = {
  url: "https://api.example.com/hooks?x=1",
  body: JSON.stringify(WEBHOOK),
  authHeader: "authorization",
}

const apply = async (expression: string, more: Partial<typeof target> = {}) =>
  requestOf(await sandbox.evaluate("tnt_a", expression, target.body), { ...target, ...more })

describe("a transform", () => {
  test("its value is the body", async () => {
    assert.deepEqual(await apply(`{"text": data.number & " " & data.outcome}`), {
      result: "send",
      method: "POST",
      path: null,
      headers: {},
      contentType: "application/json",
      body: `{"text":"+4520123456 answered"}`,
    })
  })

  for (const expression of ["null", "nothing.of.this", `type = "call.started" ? {"a": 1}`])
    test(`${expression}: not wanted`, async () => {
      assert.deepEqual(await apply(expression), { result: "unwanted" })
    })

  test("$request sets method, path, headers and body", async () => {
    const sent = await apply(`{"$request": {
      "method": "PUT",
      "path": "/calls/" & $encodeUrlComponent(data.number) & "?v=2",
      "headers": {"x-kind": data.outcome},
      "body": data.tries
    }}`)
    assert.deepEqual(sent, {
      result: "send",
      method: "PUT",
      path: "/calls/%2B4520123456?v=2",
      headers: { "x-kind": "answered" },
      contentType: "application/json",
      body: "[1,2]",
    })
  })

  test("a text under its own content type is sent as it is", async () => {
    const sent = await apply(
      `{"$request": {"headers": {"Content-Type": "application/x-www-form-urlencoded"}, "body": "To=" & data.number}}`,
    )
    assert.equal("body" in sent && sent.body, "To=+4520123456")
    assert.equal("body" in sent && sent.contentType, "application/x-www-form-urlencoded")
  })

  test("without a body of its own: the webhook, or none where the method has none", async () => {
    const post = await apply(`{"$request": {"path": "/x"}}`)
    assert.equal("body" in post && post.body, target.body)
    const get = await apply(`{"$request": {"method": "GET", "path": "/x?n=1"}}`)
    assert.equal("body" in get && get.body, "")
  })

  const REFUSED: [string, string, RegExp][] = [
    ["another host", `{"$request": {"path": "//evil.example/x"}}`, /path must begin with one \//],
    [
      "another host by a backslash",
      `{"$request": {"path": "/\\\\evil.example/x"}}`,
      /path must begin/,
    ],
    ["a whole URL", `{"$request": {"path": "https://evil.example/x"}}`, /path must begin/],
    ["userinfo", `{"$request": {"path": "@evil.example/x"}}`, /path must begin/],
    ["a line break", `{"$request": {"path": "/a\\nhost: evil"}}`, /path must begin/],
    ["a path that is no text", `{"$request": {"path": 7}}`, /path must begin/],
    ["a method", `{"$request": {"method": "CONNECT"}}`, /method must be one of/],
    ["the signature", `{"$request": {"headers": {"Webhook-Signature": "x"}}}`, /Webhook-Signature/],
    ["the host", `{"$request": {"headers": {"Host": "evil.example"}}}`, /Host: This header is set/],
    [
      "the length",
      `{"$request": {"headers": {"content-length": "1"}}}`,
      /content-length: This header/,
    ],
    [
      "auth's header",
      `{"$request": {"headers": {"Authorization": "x"}}}`,
      /cannot set authorization/,
    ],
    [
      "a header with a line break",
      `{"$request": {"headers": {"x-a": "1\\nx: 2"}}}`,
      /x-a: A header's value/,
    ],
    ["headers that are no texts", `{"$request": {"headers": {"x-a": 1}}}`, /object of texts/],
    ["a field that is not there", `{"$request": {"url": "https://evil.example"}}`, /has no url/],
    ["no object", `{"$request": 1}`, /must be an object/],
  ]
  for (const [what, expression, words] of REFUSED)
    test(`$request cannot set ${what}`, async () => {
      const refused = await apply(expression)
      assert.equal(refused.result, "failed")
      assert.match("reason" in refused ? refused.reason : "", words)
    })

  test("what it throws is said, with its place", async () => {
    const failed = await apply(`$error("no such plan")`)
    assert.match("reason" in failed ? failed.reason : "", /^the transform failed: no such plan/)
    assert.match((await sandbox.check("tnt_a", `{"a": `)) ?? "", /at character/)
    assert.equal(await sandbox.check("tnt_a", `{"a": b}`), undefined)
  })

  test("256 KB are the most", async () => {
    const just = await apply(`$pad("", 262142)`)
    assert.equal(just.result, "send")
    const more = await apply(`$pad("", 262143)`)
    assert.match("reason" in more ? more.reason : "", /larger than 256 KB/)
  })
})

// Each ends within the bounds, whatever it does, and the next expression works.
const HOSTILE: [string, string, "late" | "failed" | "any"][] = [
  ["a loop that never ends", "($f := function($n){ $f($n + 1) }; $f(0))", "late"],
  ["a recursion without an end", "($f := function($n){ 1 + $f($n + 1) }; $f(0))", "failed"],
  ["a range of ten million", "[1..10000000]", "failed"],
  ["a product of ranges", "[1..100000].([1..100000])", "any"],
  ["half a gigabyte of padding", `$length($pad("x", 500000000))`, "any"],
  [
    "a text doubled until memory ends",
    `($f := function($s, $n){ $n = 0 ? $s : $f($s & $s, $n - 1) }; $length($f("aaaaaaaaaa", 26)))`,
    "any",
  ],
  [
    "a replacement that multiplies",
    `$replace($pad("a", 100000, "a"), "a", $pad("b", 100000))`,
    "any",
  ],
  ["a sort by chance", "$sort([1..100000], function($a, $b){ $random() > 0.5 })", "late"],
  ["brackets without an end", "[".repeat(4_000), "failed"],
]

describe("a hostile expression is stopped and harms no other", () => {
  for (const [what, expression, expected] of HOSTILE)
    test(what, async () => {
      const { result } = await sandbox.evaluate("tnt_a", expression, "{}")
      assert.ok(expected === "any" ? result !== "value" : result === expected, result)
      assert.deepEqual(await sandbox.evaluate("tnt_a", "1 + 1", "{}"), {
        result: "value",
        json: "2",
      })
    })

  for (const expression of [
    `$.constructor.constructor("return process")()`,
    `"a".constructor`,
    `$string.constructor`,
    `$lookup({}, "constructor")`,
    `$eval("process")`,
    "$$.__proto__",
    "globalThis",
  ])
    test(`nothing outside is reached by ${expression}`, async () => {
      const evaluated = await sandbox.evaluate("tnt_a", expression, `{"a": 1}`)
      assert.ok(evaluated.result === "failed" || ("json" in evaluated && evaluated.json === null))
    })

  test("what one sets in prototypes, the next does not find", async () => {
    await sandbox.evaluate(
      "tnt_a",
      `$merge([{"__proto__": {"polluted": 1}}, {"constructor": {"prototype": {"polluted": 1}}}])`,
      "{}",
    )
    await sandbox.evaluate("tnt_a", `$ ~> |$|{"__proto__": {"polluted": 1}}|`, `{"a": {"b": 1}}`)
    assert.deepEqual(await sandbox.evaluate("tnt_a", "$.polluted", `{"a": 1}`), {
      result: "value",
      json: null,
    })
  })
})

describe("JSONata's own functions", () => {
  const spy = `($clone := function($x){$x}; $box := {"v": "none"};
    $spy := function($s){ $s = "__dump__" ? $box.v : ($box ~> |$|{"v": $s}|; $uppercase($s)) };
    {"a": $lowercase} ~> |a|{"implementation": $spy}|; 1)`

  for (const [what, expression] of [
    ["replaced", spy],
    [
      "taken away",
      `($clone := function($x){$x}; {"a": $lowercase} ~> |a|{}, "implementation"|; 1)`,
    ],
  ] as const)
    test(`cannot be ${what} for whoever comes next`, async () => {
      await sandbox.evaluate("tnt_a", expression, target.body)
      const other = await apply(`{"to": $lowercase("Person@Victim.com")}`)
      assert.equal(other.result === "send" && other.body, `{"to":"person@victim.com"}`)
      const dump = await apply(`{"got": $lowercase("__dump__")}`)
      assert.equal(dump.result === "send" && dump.body, `{"got":"__dump__"}`)
    })

  test("are all sealed: none is missing in the list", () => {
    const source = readFileSync(join(packages, "jsonata", "jsonata.js"), "utf8")
    const bound = [...source.matchAll(/staticFrame\.bind\('([^']+)'/g)].map(([, name]) => name!)
    assert.ok(bound.length > 50)
    assert.deepEqual(bound.toSorted(), BUILT_INS.toSorted())
  })

  test("still work, those that take functions and the copying operator too", async () => {
    const expression = `{"a": $map([1, 2], function($v){$v * 2}), "b": $sort([2, 1]), "c": ({"x": 1} ~> |$|{"y": 2}|).y,
      "d": $number("4"), "e": $join(["a", "b"], "-"), "f": $substringBefore("a@b", "@"), "g": $sum([1, 2])}`
    const made = await apply(expression)
    const expected = { a: [2, 4], b: [1, 2], c: 2, d: 4, e: "a-b", f: "a", g: 3 }
    assert.deepEqual(made.result === "send" && JSON.parse(made.body), expected)
  })
})
