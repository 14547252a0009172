import { dataNameOf, fieldsOf } from "./field.ts"
import type { HeaderPair } from "./header.ts"
import { type RecordKind, parseEventName } from "./ami-event-kinds.ts"

const VARIABLE = "variables."

/** The field names that `override` accepts for events of that kind: those of a webhook's `data`. */
export const fieldNamesOf = (kind: RecordKind): string[] =>
  [...fieldsOf[kind]].flatMap(([header, form]) => (form === "variable" ? [] : [dataNameOf(header)]))

/** Whether events of that kind have the field; `variables.x` is the variable x. */
export const isFieldOf = (kind: RecordKind, name: string): boolean =>
  name.startsWith(VARIABLE)
    ? name.length > VARIABLE.length && [...fieldsOf[kind].values()].includes("variable")
    : fieldNamesOf(kind).includes(name)

/** The event with those values, by their names in `data`. Unknown names are ignored. */
export function override(
  headers: readonly HeaderPair[],
  fields: Readonly<Record<string, string>>,
): HeaderPair[] {
  const kind = parseEventName(headers[0]![1])!.kind
  const own = Object.entries(fields).filter(([name]) => isFieldOf(kind, name))
  const variables = own.filter(([name]) => name.startsWith(VARIABLE))
  const others = new Map(own.filter(([name]) => !name.startsWith(VARIABLE)))
  const kept = headers.map(([header, value]): HeaderPair => {
    const given = others.get(dataNameOf(header))
    return [header, given ?? value]
  })
  const names = new Set(headers.map(([header]) => dataNameOf(header)))
  const added = [...others].flatMap(([name, value]): HeaderPair[] =>
    names.has(name) ? [] : [[headerOf(name), value]],
  )
  // The last value of a repeated variable wins.
  const said = variables.map(([name, value]): HeaderPair => [
    "Variable",
    `${name.slice(VARIABLE.length)}=${value}`,
  ])
  return [...kept, ...added, ...said]
}

const headerOf = (name: string) => name.charAt(0).toUpperCase() + name.slice(1)
