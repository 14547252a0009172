import * as v from "valibot"
import { type Components, refTo, toPascal } from "./component-names.ts"
import { exampleOf, type Converter, type JsonSchema } from "./json-schema.ts"
import * as prose from "./openapi-prose.ts"
import { pathParams } from "./path.ts"
import { makePortable } from "./portable-schema.ts"
import { problems, type ProblemCode } from "./problem.ts"
import { problemCodes } from "./problem-codes.ts"
import type { AnswerSpec, Route } from "./route.ts"

/** What all operations of a document share and add to. */
export type Parts = {
  components: Components
  answers: Converter
  requests: Converter
  /** The shared problem responses, by the codes of their problems. */
  problemResponses: JsonSchema
}

/** The document's entry for a route. */
export function operationOf(parts: Parts, route: Route): JsonSchema {
  const { operationId, tag, summary, description, access, body } = route
  return {
    operationId,
    tags: [tag],
    summary,
    ...(description && { description }),
    security: prose.security[access],
    parameters: parametersOf(parts, route),
    ...(body && { requestBody: requestBodyOf(parts, route, body) }),
    responses: {
      ...Object.fromEntries(
        Object.entries(route.answers).map(([status, spec]) => [
          status,
          answerOf(parts, route, spec),
        ]),
      ),
      ...problemsOf(parts, route),
    },
    ...(route.isSubscription && { callbacks: prose.webhookCallbacks }),
  }
}

function requestBodyOf(
  { components, requests }: Parts,
  { operationId }: Route,
  body: v.GenericSchema,
): JsonSchema {
  const name = `${toPascal(operationId)}Input`
  const schema = components.name(makePortable(requests.convert(body)), name)
  const example = exampleOf(schema, components.schemas, "request")
  const required = !v.safeParse(body, {}).success
  return { required, content: { "application/json": { schema, example } } }
}

function answerOf(
  { components, answers }: Parts,
  route: Route,
  { description, schema, contentType }: AnswerSpec,
): JsonSchema {
  const type = contentType ?? "application/json"
  const json = schema && makePortable(answers.convert(schema))
  const named = json && components.name(json, nameOfAnswer(route, json))
  const isJson = type === "application/json"
  const media = named && {
    schema: named,
    ...(isJson && { example: exampleOf(named, components.schemas, "answer") }),
  }
  return {
    description,
    headers: prose.answerHeaders(route),
    ...(media && { content: { [type]: media } }),
  }
}

function parametersOf({ components, requests }: Parts, route: Route): JsonSchema[] {
  const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => {
    const { pattern, description, example } = pathParams[name!]!
    const schema = { type: "string", pattern, examples: [example] }
    return { name, in: "path", required: true, description, schema }
  })
  const inQuery = Object.entries(route.query ?? {}).map(([name, entry]) => {
    const own = makePortable(requests.convert(entry))
    const { description, ...schema } = components.name(
      own,
      toPascal(`${route.operationId} ${name}`),
    )
    const required = !v.safeParse(v.object({ [name]: entry }), {}).success
    return { name, in: "query", required, ...(description ? { description } : {}), schema }
  })
  return [...inPath, ...inQuery, ...prose.requestHeaders(route)]
}

function problemsOf(parts: Parts, route: Route): JsonSchema {
  const byStatus = Object.groupBy(problemCodes(route), (code) => String(problems[code][0]))
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, codes]) => [status, problemRef(parts, codes!)]),
  )
}

function problemRef({ problemResponses }: Parts, codes: ProblemCode[]): JsonSchema {
  const name = codes.join("-")
  problemResponses[name] ??= {
    description: codes.map((code) => problems[code][1]).join("; "),
    headers: prose.problemHeaders(codes),
    content: {
      "application/problem+json": {
        schema: refTo("Problem"),
        examples: Object.fromEntries(
          codes.map((code) => [code, { value: prose.problemExample(code) }]),
        ),
      },
    },
  }
  return { $ref: `#/components/responses/${name}` }
}

// A list is named after its items.
function nameOfAnswer({ operationId }: Route, { properties }: JsonSchema): string {
  const { data, nextCursor } = (properties ?? {}) as Record<string, JsonSchema>
  const { $ref } = (data?.["items"] ?? {}) as JsonSchema
  const isPage = nextCursor && typeof $ref === "string"
  return isPage ? `${$ref.split("/").at(-1)}Page` : `${toPascal(operationId)}Result`
}
