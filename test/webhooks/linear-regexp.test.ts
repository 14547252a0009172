import assert from "node:assert/strict"
import { after, describe, test } from "node:test"
import { LinearRegExp } from "@ringback/webhooks/linear-regexp"
import { openSandbox } from "@ringback/webhooks/sandbox"

const sandbox = openSandbox()
after(() => sandbox.close())

const evaluate = async (expression: string) => {
  const evaluated = await sandbox.evaluate("tnt_a", expression, "{}")
  return evaluated.result === "value" ? JSON.parse(evaluated.json ?? "null") : evaluated
}

/** All matches from the start on, as JSONata asks for them. */
function matchesOf(engine: Pick<RegExp, "lastIndex" | "exec"> | LinearRegExp, text: string) {
  const found: unknown[] = []
  for (let from = 0; from <= text.length;) {
    engine.lastIndex = from
    const match = engine.exec(text)
    if (!match) break
    found.push({ at: match.index, groups: [...match], next: engine.lastIndex })
    from = Math.max(engine.lastIndex, from + 1)
  }
  return { found, lastIndex: engine.lastIndex }
}

const EXPRESSIONS = [
  /\d+/g,
  /^\+?(\d{2})(\d+)$/g,
  /(a)|(b)/g,
  /(?<day>\d\d)-(\d\d)/g,
  /[^\w\s]+/g,
  /a*?b/g,
  /\bcall\b/gi,
  /^line/gm,
  /end$/gm,
  /end$/g,
  /x*/g,
  /(?:ab)+|[é-ö]/g,
  /\//g,
  /\u00e6/g,
  /.+/g,
]
const TEXTS = [
  "",
  "+4520123456",
  "Call me: CALL, recall",
  "line one end\nline two end",
  "aab ab b ababx",
  "24-12 and 31-01",
  "smørrebrød / æble 😀 ö",
]

describe("a regular expression of a transform", () => {
  for (const expression of EXPRESSIONS)
    test(`${expression} finds what JavaScript's own finds`, () => {
      for (const text of TEXTS)
        assert.deepEqual(
          matchesOf(new LinearRegExp(expression), text),
          matchesOf(expression, text),
          text,
        )
    })

  for (const [expression, expected] of [
    [`$match("ab12cd3", /\\d+/).match`, ["12", "3"]],
    [`$match("ab12", /([a-z])(\\d)/).groups`, ["b", "1"]],
    [`$replace("+45 20 12", /[^\\d]/, "")`, "452012"],
    [`$replace("Ada Byron", /(\\w+) (\\w+)/, "$2, $1")`, "Byron, Ada"],
    [`$replace("a1b2", /\\d/, function($m){ $string($number($m.match) + 1) })`, "a2b3"],
    [`$split("a, b;c", /[,;] ?/)`, ["a", "b", "c"]],
    [`$contains("Call.Completed", /call\\./i)`, true],
    [`$eval('$contains("abc", /b/)')`, true],
  ] as const)
    test(`${expression}`, async () => {
      assert.deepEqual(await evaluate(expression), expected)
    })

  for (const [what, text, pattern] of [
    ["a repetition of repetitions", `$pad("", 4000, "a") & "!"`, "/(a+)+$/"],
    ["alternatives that overlap", `$pad("", 4000, "a") & "!"`, "/(a|aa)+$/"],
    ["a repetition after a repetition", `$pad("", 5000, "a")`, "/a*a*b/"],
    ["white space at the end", `$pad("", 4000, " ") & "x"`, "/^( + *)+$/"],
    ["the address that stopped others", `$pad("", 5000, "a") & "@"`, "/^([a-z0-9]+)*@x$/"],
  ])
    test(`${what} ends by itself, in both ways that it is asked`, async () => {
      assert.equal(await evaluate(`$contains(${text}, ${pattern})`), false)
      assert.equal(await evaluate(`$eval('$contains(${text}, ${pattern})')`), false)
    })

  for (const pattern of [/(a)\1/, /a(?=b)/, /a(?!b)/, /(?<=a)b/, /(?:(?:a{1,500}){1,500}){1,500}/])
    test(`${pattern} is refused before an event comes`, async () => {
      const words = /the regular expression .* is not valid in RE2's syntax/
      assert.match(
        (await sandbox.check("tnt_a", `{"a": [b.$contains(c, ${pattern})]}`)) ?? "",
        words,
      )
      const evaluated = await evaluate(`$contains("abab", ${pattern})`)
      assert.equal(evaluated.result, "failed")
      assert.match(evaluated.reason, words)
    })
})
