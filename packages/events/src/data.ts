import { wordsOf } from "./code.ts"
import { dataNameOf, fieldsOf } from "./field.ts"
import { eventNameIn, type HeaderPair, isMissing, ownHeaders } from "./header.ts"
import type { Action, RecordKind } from "./ami-event-kinds.ts"
import { isOver, outcomeOf } from "./call-outcome.ts"
import { formatNanos, parseStamp } from "./stamp.ts"

type Reading = { kind?: RecordKind; action?: Action; withoutVariables: boolean }

// Maps and Object.fromEntries turn every name into an own property, also `__proto__`.
type Data = Map<string, unknown>

/** The `data` of a webhook: the known headers in their order, then the unknown ones. */
export function dataOf(
  headers: readonly HeaderPair[],
  { kind, action, withoutVariables }: Reading,
): Record<string, unknown> {
  // AMI's VarSet has the variable's name in `Variable` and its value in `Value`, so it is read as
  // an ordinary header.
  const hasVariables = eventNameIn(headers) !== "VarSet"
  const isVariable = (name: string) => name === "Variable" && hasVariables
  const said = ownHeaders(headers, kind !== undefined)
  const variables = variablesOf(withoutVariables ? [] : said.filter(([name]) => isVariable(name)))
  const data: Data = new Map()
  for (const [name, value] of said) {
    const form = kind && fieldsOf[kind].get(name)
    // Without variables, the empty object stands before the times, as on the wire.
    if (isVariable(name) || form === "time") data.set("variables", variables)
    if (kind && form && form !== "variable") addKnown(data, kind, name, READERS[form](value))
  }
  data.set("variables", variables)
  if (kind === "dialing" && action) addOutcome(data, action)
  if (kind === "dllist") correctListResult(data)
  const unknown = said.filter(([name]) => !isVariable(name) && !(kind && fieldsOf[kind].has(name)))
  for (const [name, value] of unknownOf(unknown, data)) data.set(name, value)
  return Object.fromEntries(data)
}

function variablesOf(headers: readonly HeaderPair[]): Record<string, string> {
  return Object.fromEntries(
    headers.flatMap(([, value]) => {
      if (isMissing(value)) return []
      const at = value.indexOf("=")
      return [at < 0 ? [value, ""] : [value.slice(0, at), value.slice(at + 1)]]
    }),
  )
}

// The first of repeated known headers counts, as it does for the event's identity.
function addKnown(data: Data, kind: RecordKind, header: string, value: unknown): void {
  const name = dataNameOf(header)
  if (data.has(name)) return
  data.set(name, value)
  const words = wordsOf(kind, header)
  if (words) data.set(`${name}Name`, (typeof value === "number" && words[value]) || null)
}

function addOutcome(data: Data, action: Action): void {
  const said = (name: string) => data.get(name) ?? null
  const state = {
    action,
    status: said("status"),
    resDial: said("resDial"),
    resHangup: said("resHangup"),
  }
  data.set("outcome", outcomeOf(state))
  // A dialing without a result also has 0.
  if (state.resDial === 0 && !isOver(state)) data.set("resDialName", null)
}

// A dial list row that is being called, or was never called, has no result.
function correctListResult(data: Data): void {
  if (data.get("resDial") !== 0) return
  const isIdle = data.get("status") === 0
  const isTried = [1, 2, 3, 4, 5, 6, 7, 8].some((digit) => data.get(`tryCnt${digit}`))
  if (!isIdle || !isTried) data.set("resDialName", null)
}

// A header whose name equals one of ours (`StatusName`, `Variables`) is stored under `_statusName`.
function unknownOf(headers: readonly HeaderPair[], taken: Data): Map<string, unknown> {
  const values = new Map<string, (string | null)[]>()
  for (const [header, text] of headers) {
    const plain = dataNameOf(header)
    const name = taken.has(plain) ? `_${plain}` : plain
    const all = values.get(name)
    if (all) all.push(readText(text))
    else values.set(name, [readText(text)])
  }
  return new Map([...values].map(([name, all]) => [name, all.length > 1 ? all : all[0]]))
}

const READERS = { text: readText, integer: readInteger, time: readTime }

function readText(value: string): string | null {
  return isMissing(value) ? null : value
}

function readInteger(value: string): number | string | null {
  const isInteger = /^(0|-?[1-9]\d*)$/.test(value) && Number.isSafeInteger(Number(value))
  return isInteger ? Number(value) : readText(value)
}

function readTime(value: string): string | null {
  const nanos = parseStamp(value)
  return nanos === undefined ? readText(value) : formatNanos(nanos)
}
