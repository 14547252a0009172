import { readFileSync } from "node:fs"
import { InvalidArgumentError } from "commander"
import { readDuration } from "./time.ts"

type Texts = Record<string, string>

// These are parsers for commander: a repeated option receives the previous value, and what is thrown is shown.

/** `name=value`, repeatable. */
export const readPair = (text: string, before: Texts = {}): Texts => ({
  ...before,
  ...cutAt(text, "=", "name=value"),
})

/** `Name: value`, repeatable. */
export const readHeader = (text: string, before: Texts = {}): Texts => ({
  ...before,
  ...cutAt(text, ":", "'Name: value'"),
})

function cutAt(text: string, mark: string, form: string): Texts {
  const at = text.indexOf(mark)
  const name = text.slice(0, at).trim()
  if (at < 0 || name === "") throw new InvalidArgumentError(`Give it as ${form}.`)
  const value = text.slice(at + 1)
  return { [name]: mark === ":" ? value.trim() : value }
}

type Filter = Record<string, unknown[]>

/**
 * `data.status=0,1`: a path and its allowed values. Numbers, true, false and null are not parsed as
 * strings, but `0045` is one. A value in quotes is a string, too.
 */
export function readFilter(text: string, before: Filter = {}): Filter {
  const [[path, values] = ["", ""]] = Object.entries(cutAt(text, "=", "data.status=0,1"))
  return { ...before, [path]: values.split(",").map(readValue) }
}

function readValue(text: string): unknown {
  const value = text.trim()
  if (!/^(true|false|null|-?(0|[1-9]\d*)(\.\d+)?|".*")$/.test(value)) return value
  try {
    return JSON.parse(value) as unknown
  } catch {
    throw new InvalidArgumentError(`Give ${value} as a JSON string.`)
  }
}

/** `a,b`, repeatable. */
export const readWords = (text: string, before: string[] = []): string[] => [
  ...before,
  ...text
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== ""),
]

export function readNumber(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text)
  throw new InvalidArgumentError("Give a number.")
}

/** A duration in whole seconds. */
export function readSeconds(text: string): number {
  const duration = text === "0" ? 0 : readDuration(text)
  if (duration !== undefined) return duration / 1000
  throw new InvalidArgumentError("Give a duration such as 90s, 10m, 2h, 3d, or 0.")
}

/** A JSON object, or `@` and a file name. */
export function readData(text: string): object {
  const json = text.startsWith("@") ? readFile(text.slice(1)) : text
  try {
    const value: unknown = JSON.parse(json)
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value
  } catch {
    // Reported below.
  }
  throw new InvalidArgumentError("Give a JSON object, or @ and a file name.")
}

/** An expression, or `@` and a file name. */
export const readExpression = (text: string): string =>
  text.startsWith("@") ? readFile(text.slice(1)) : text

function readFile(path: string): string {
  try {
    return readFileSync(path, "utf8")
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new InvalidArgumentError(`${path} cannot be read (${code}).`)
  }
}
