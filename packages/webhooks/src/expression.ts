import { setImmediate } from "node:timers/promises"

/** Without `input` the expression is only parsed, not evaluated. */
export type Request = { expression: string; input?: string }
/** The value as JSON; null if there is no value or it is null. */
export type Answer = { json: string | null } | { reason: string }

/** The result of a check that was not made. It says nothing of the expression. */
export const NOT_CHECKED = "could not be checked now: try again"

const MAX_OUTPUT_BYTES = 256 * 1024
const MAX_DEPTH = 200
const MAX_SEQUENCE = 100_000
// The value is written as JSON again by threads whose stack is smaller than that of a realm.
const MAX_NESTING = 200
const MAX_REASON_LENGTH = 500

/**
 * JSONata for one realm of a sandbox process. An expression could add properties to JavaScript's
 * built-in prototypes, and the owner's next expression would see them. So they are made
 * non-extensible.
 */
export async function openExpressions(): Promise<(request: Request) => Promise<Answer>> {
  const { default: jsonata } = await import("jsonata")
  const { LinearRegExp, regExpsOf } = await import("./linear-regexp.ts")
  for (const { prototype } of [Object, Array, Function, String, Number])
    void Object.preventExtensions(prototype)
  for (const name of BUILT_INS) sealBuiltIn(await jsonata(`$${name}`).evaluate({}))
  // LinearRegExp has all members of RegExp that JSONata uses.
  const RegexEngine = LinearRegExp as unknown as RegExpConstructor
  const options = { stack: MAX_DEPTH, sequence: MAX_SEQUENCE, RegexEngine }
  const answer = async ({ expression, input }: Request): Promise<Answer> => {
    try {
      const compiled = jsonata(expression, options)
      if (input === undefined) {
        for (const each of regExpsOf(compiled.ast())) void new LinearRegExp(each)
        return { json: null }
      }
      return answerOf(await ended(compiled.evaluate(JSON.parse(input))))
    } catch (error) {
      return { reason: wordsOf(error) }
    }
  }
  return async (request) => {
    const answered = await answer(request)
    // An expression can go on after its value is known, or after an error in one part of it. It ends
    // before the next one starts, or counts as late.
    await setImmediate()
    return answered
  }
}

/**
 * The value of an evaluation. JSONata waits for nothing from outside, so an evaluation that has not
 * ended when the event loop moves on never will.
 */
async function ended(evaluation: Promise<unknown>): Promise<unknown> {
  const nothing = Symbol("no value")
  const value = await Promise.race([evaluation, setImmediate(nothing)])
  if (value === nothing) throw new Error("it waits for something that never comes")
  return value
}

function answerOf(value: unknown): Answer {
  const json = JSON.stringify(value)
  if (json === undefined || json === "null") return { json: null }
  if (Buffer.byteLength(json) > MAX_OUTPUT_BYTES)
    return { reason: `the value is larger than ${MAX_OUTPUT_BYTES / 1024} KB` }
  if (depthOf(json) > MAX_NESTING)
    return { reason: `the value is nested more than ${MAX_NESTING} levels deep` }
  return { json }
}

/** How deeply the arrays and objects of a JSON text are nested. */
function depthOf(json: string): number {
  let [depth, deepest, isInText] = [0, 0, false]
  for (let at = 0; at < json.length; at++) {
    const character = json[at]
    if (isInText) {
      if (character === "\\") at++
      else if (character === '"') isInText = false
    } else if (character === '"') isInText = true
    else if (character === "[" || character === "{") deepest = Math.max(deepest, ++depth)
    else if (character === "]" || character === "}") depth--
  }
  return deepest
}

/** The built-in functions of JSONata. All expressions of a realm share their objects. */
export const BUILT_INS =
  "sum count max min average string substring substringBefore substringAfter lowercase uppercase length trim pad match contains replace split join formatNumber formatBase formatInteger parseInteger number floor ceil round abs sqrt power random boolean not map zip filter single reduce sift keys lookup append exists spread merge reverse each error assert type sort shuffle distinct base64encode base64decode encodeUrlComponent encodeUrl decodeUrlComponent decodeUrl eval toMillis fromMillis clone".split(
    " ",
  )

/**
 * Prevents an expression from replacing a built-in function with its own: the operator `|...|` can
 * write to any object. The replacement could read or change the data of the owner's next
 * expression. JSONata itself writes `token` and `position`.
 */
function sealBuiltIn(built: object): void {
  for (const key of Object.keys(built))
    Object.defineProperty(built, key, { writable: false, configurable: false })
  for (const key of ["token", "position"])
    Object.defineProperty(built, key, { value: undefined, writable: true, enumerable: false })
  Object.seal(built)
}

function wordsOf(error: unknown): string {
  const { message, position } = error as { message?: unknown; position?: unknown }
  const words = typeof message === "string" ? message : "the expression cannot be evaluated"
  const short = words.length > MAX_REASON_LENGTH ? `${words.slice(0, MAX_REASON_LENGTH)}...` : words
  return typeof position === "number" ? `${short} (at character ${position})` : short
}
