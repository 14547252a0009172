import assert from "node:assert/strict"
import { Ajv2020 } from "ajv/dist/2020.js"
import formats from "ajv-formats"
import { routes } from "@ringback/functions/api/routes"
import { makeDocument } from "@ringback/functions/api/openapi"
import { version } from "@ringback/functions/runtime/version"

type Json = Record<string, unknown>
export type Operation = {
  operationId: string
  security: Record<string, unknown>[]
  parameters: { name: string; in: string; required: boolean; schema: Json }[]
  requestBody?: {
    required: boolean
    content: { "application/json": { schema: Json; example: unknown } }
  }
  responses: Record<string, Json>
}

export const document = makeDocument(routes, version) as {
  paths: Record<string, Record<string, Operation>>
  webhooks: Record<string, { post: Operation }>
  components: { schemas: Record<string, Json>; responses: Record<string, Json> }
}

/** Every operation of the document. */
export const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    path,
    method: method.toUpperCase(),
    operation,
    pattern: new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/]+")}$`),
  })),
)

/** The parameters that an operation cannot do without, as their examples have them; empty for most. */
export function neededQuery({ parameters }: Operation): string {
  const needed = parameters.filter((each) => each.in === "query" && each.required)
  const pairs = needed.map(({ name, schema }) => [
    name,
    String((schema["examples"] as [unknown])[0]),
  ])
  return pairs.length === 0 ? "" : `?${new URLSearchParams(Object.fromEntries(pairs))}`
}

// Clients are promised that fields may be added; here each must be in the document.
function close(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(close)
  if (typeof value !== "object" || value === null) return value
  const closed = Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, close(each)]),
  )
  const isOpen = closed["type"] === "object" && "properties" in closed
  return isOpen && !("additionalProperties" in closed)
    ? { ...closed, additionalProperties: false }
    : closed
}

const ajv = new Ajv2020({ strict: false, allErrors: true })
formats.default(ajv)
ajv.addSchema(close({ components: document.components, paths: document.paths }) as Json, "api")

const escape = (text: string) =>
  encodeURIComponent(text.replaceAll("~", "~0").replaceAll("/", "~1"))
export const validatorAt = (...path: string[]) =>
  ajv.compile({ $ref: `api#/${path.map(escape).join("/")}` })

const validators = new Map<string, ReturnType<typeof validatorAt>>()
function validator(...path: string[]) {
  const name = path.join(" ")
  if (!validators.has(name)) validators.set(name, validatorAt(...path))
  return validators.get(name)!
}

type Answer = { status: number; headers: Headers; text: string }

/** Holds an answer to the document: its status is there, its body is of that schema, its headers are what they should be. */
export function checkAnswer(method: string, target: string, answer: Answer): void {
  const { status, headers, text } = answer
  const about = `${method} ${target}: ${status} ${text.slice(0, 1000)}`
  assert.ok(headers.get("x-request-id"), about)
  assert.equal(headers.get("x-content-type-options"), "nosniff", about)
  assert.notEqual(status, 500, about)
  const path = target.split("?")[0]!
  const asked = method === "HEAD" ? "GET" : method
  const found = operations.find((each) => each.method === asked && each.pattern.test(path))
  if (!found) {
    const isPath = operations.some(({ pattern }) => pattern.test(path))
    assert.equal(status, isPath ? 405 : 404, about)
    if (isPath) assert.ok(headers.get("allow"), about)
    return checkProblem(about, answer)
  }
  const place = ["paths", found.path, found.method.toLowerCase(), "responses", String(status)]
  const spec = found.operation.responses[status]
  assert.ok(spec, `a status that is not in the document: ${about}`)
  if (status >= 400) {
    checkProblem(about, answer)
    const name = String(spec["$ref"]).split("/").at(-1)!
    if (method !== "HEAD") assert.ok(name.split("-").includes(JSON.parse(text).code), about)
    return
  }
  const type = Object.keys((spec["content"] ?? {}) as object)[0]
  if (type === undefined) return assert.equal(text, "", about)
  assert.ok(headers.get("content-type")!.startsWith(type), about)
  if (type !== "application/json" || method === "HEAD") return
  check(validator(...place, "content", type, "schema"), JSON.parse(text), about)
}

function checkProblem(about: string, { headers, text, status }: Answer): void {
  assert.equal(headers.get("content-type"), "application/problem+json", about)
  if (text === "") return
  const body = JSON.parse(text)
  check(validator("components", "schemas", "Problem"), body, about)
  assert.equal(body.status, status, about)
  if (status === 404) assert.match(body.detail, /^There is no such \w/, about)
}

function check(validate: ReturnType<typeof validatorAt>, value: unknown, about: string): void {
  assert.ok(validate(value), `${ajv.errorsText(validate.errors)} in ${about}`)
}
