import type { JsonSchema } from "./json-schema.ts"

/** A request as in the document's operation. Ids in the path are written as `{tenantId}`. */
export type SampleRequest = {
  path: string
  method: string
  hasKey: boolean
  /** Absent if the operation has no body. */
  body?: unknown
}

type Operation = {
  security: JsonSchema[]
  requestBody?: { content: Record<string, { example?: unknown }> }
}

export function sampleOf(
  path: string,
  method: string,
  { security, requestBody }: Operation,
): SampleRequest {
  const body = requestBody?.content["application/json"]?.example
  const hasBody = body !== undefined && Object.keys(body as object).length > 0
  return { path, method, hasKey: security.length > 0, ...(hasBody && { body }) }
}

const PLACE = /\{(\w+)\}/g

/** The environment variables that the samples read: `tenantId` is TENANT. KEY is the API key. */
export const variableOf = (place: string): string =>
  place === "keyId" ? "KEY_ID" : place.replace(/Id$/, "").toUpperCase()

const variablesOf = ({ path, hasKey }: SampleRequest): string[] => [
  "RINGBACK",
  ...(hasKey ? ["KEY"] : []),
  ...[...path.matchAll(PLACE)].map(([, name]) => variableOf(name!)),
]

const pretty = (value: unknown) => JSON.stringify(value, null, 2)

function curl(request: SampleRequest): string {
  const { path, method, hasKey, body } = request
  const filled = path.replace(PLACE, (_, name: string) => `$${variableOf(name)}`)
  const quoted = pretty(body)?.replaceAll("'", String.raw`'\''`)
  return [
    `curl ${method === "get" ? "" : `-X ${method.toUpperCase()} `}"$RINGBACK${filled}"`,
    ...(hasKey ? ['-H "Authorization: Bearer $KEY"'] : []),
    ...(body === undefined ? [] : [`--json '${quoted}'`]),
  ].join(" \\\n  ")
}

function typescript(request: SampleRequest): string {
  const { path, method, hasKey, body } = request
  const filled = path.replace(PLACE, (_, name: string) => `\${${variableOf(name)}}`)
  const headers = [
    ...(hasKey ? ["authorization: `Bearer ${KEY}`"] : []),
    ...(body === undefined ? [] : ['"content-type": "application/json"']),
  ]
  const options = [
    ...(method === "get" ? [] : [`method: "${method.toUpperCase()}",`]),
    ...(headers.length > 0 ? [`headers: { ${headers.join(", ")} },`] : []),
    ...(body === undefined ? [] : [`body: JSON.stringify(${pretty(body)}),`]),
  ]
  const given = options.length === 0 ? "" : `, {\n${indent(options.join("\n"))}\n}`
  return `const { ${variablesOf(request).join(", ")} } = process.env
const response = await fetch(\`\${RINGBACK}${filled}\`${given})
console.log(response.status, await response.text())`
}

function python(request: SampleRequest): string {
  const { path, method, hasKey, body } = request
  const filled = path.replace(PLACE, (_, name: string) => `{environ['${variableOf(name)}']}`)
  const headers = [
    ...(hasKey ? [`"authorization": f"Bearer {environ['KEY']}"`] : []),
    ...(body === undefined ? [] : ['"content-type": "application/json"']),
  ]
  const given = [
    `f"{environ['RINGBACK']}${filled}",`,
    ...(method === "get" ? [] : [`method="${method.toUpperCase()}",`]),
    ...(headers.length > 0 ? [`headers={${headers.join(", ")}},`] : []),
    ...(body === undefined ? [] : [`data=json.dumps(${literal(body)}).encode(),`]),
  ]
  return `${body === undefined ? "" : "import json\n"}from os import environ
from urllib.request import Request, urlopen

request = Request(
${indent(given.join("\n"), "    ")}
)
with urlopen(request) as response:
    print(response.status, response.read().decode())`
}

const indent = (text: string, by = "  ") => text.replaceAll(/^/gm, by)

/** A JSON value in Python syntax. */
function literal(value: unknown): string {
  if (value === null) return "None"
  if (typeof value === "boolean") return value ? "True" : "False"
  if (typeof value !== "object") return JSON.stringify(value)
  const isList = Array.isArray(value)
  const [open, close] = isList ? "[]" : "{}"
  const parts = isList
    ? value.map(literal)
    : Object.entries(value).map(([name, each]) => `${JSON.stringify(name)}: ${literal(each)}`)
  const line = `${open}${parts.join(", ")}${close}`
  return line.length <= 60 ? line : `${open}\n${indent(parts.join(",\n"), "    ")},\n${close}`
}

export const languages = {
  curl: { title: "curl", write: curl },
  typescript: { title: "TypeScript", write: typescript },
  python: { title: "Python", write: python },
} as const
