import { readFileSync } from "node:fs"
import { Ajv, type ValidateFunction } from "ajv"
import type { Asked } from "@ringback/local/demo-crm/asked"

type Parameter = { name: string; in: string; required?: boolean; schema?: { enum?: string[] } }
type Operation = {
  parameters?: Parameter[]
  requestBody?: { content: Record<string, object> }
}
type Document = { paths: Record<string, Record<string, Operation>> }

/** Says what is wrong with a request by the CRM's published OpenAPI document; empty where nothing is. */
export const checkerOf = (name: "hubspot" | "zoho") => (checkers[name] ??= makeChecker(name))

const checkers: Partial<Record<string, (asked: Asked) => string[]>> = {}

function makeChecker(name: "hubspot" | "zoho"): (asked: Asked) => string[] {
  const url = new URL(`../fixtures/crm/${name}.json`, import.meta.url)
  const document = JSON.parse(readFileSync(url, "utf8")) as Document
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true })
  ajv.addSchema(document, name)
  const validators = new Map<string, ValidateFunction>()

  return (asked) => {
    const path = pathOf(document, asked)
    const operation = path && document.paths[path]?.[asked.method.toLowerCase()]
    if (!path || !operation) return [`${asked.method} ${asked.path} is not in the document`]
    const queries = (operation.parameters ?? []).filter((each) => each.in === "query")
    const problems = [...asked.query].flatMap(([key, value]) => {
      const known = queries.find((each) => each.name === key)
      if (!known) return [`unknown query parameter ${key}`]
      return known.schema?.enum?.includes(value) === false ? [`${key}=${value}`] : []
    })
    const missing = queries.filter((each) => each.required && !asked.query.has(each.name))
    problems.push(...missing.map((each) => `query parameter ${each.name} is missing`))
    if (operation.requestBody) {
      const [type = ""] = Object.keys(operation.requestBody.content)
      const pointer = ["paths", path, asked.method.toLowerCase(), "requestBody", "content", type]
      const escaped = pointer.map((each) =>
        encodeURIComponent(each.replace(/~/g, "~0").replace(/\//g, "~1")),
      )
      const ref = `${name}#/${escaped.join("/")}/schema`
      const validate = validators.get(ref) ?? ajv.compile({ $ref: ref })
      validators.set(ref, validate)
      if (!validate(asked.body)) problems.push(ajv.errorsText(validate.errors))
    } else if (asked.body !== null) problems.push("a body that the document does not know")
    return problems
  }
}

/** The template that fits, the one with the fewest placeholders first. */
function pathOf({ paths }: Document, { path, method }: Asked): string | undefined {
  const placeholders = (template: string) => template.split("{").length
  return Object.keys(paths)
    .filter((template) => paths[template]![method.toLowerCase()])
    .toSorted((one, other) => placeholders(one) - placeholders(other))
    .find((template) => new RegExp(`^${template.replace(/\{[^}]+\}/g, "[^/]+")}$`).test(path))
}
