import * as v from "valibot"
import { Components, refTo, toPascal } from "./component-names.ts"
import { answerSchemas, choices, requestSchemas } from "./components.ts"
import { exampleOf, makeConverter, type JsonSchema } from "./json-schema.ts"
import { pathParams } from "./path.ts"
import { problems, type ProblemCode } from "./problem.ts"
import { problemCodes } from "./problem-codes.ts"
import type { AnswerSpec, Route } from "./route.ts"
import * as prose from "./openapi-prose.ts"
import { webhooksOf } from "./openapi-webhooks.ts"
import { makePortable } from "./portable-schema.ts"

/** The OpenAPI 3.1 document of those routes: nothing in it is said twice, all comes from their schemas. */
export function makeDocument(routes: readonly Route[], version: string): JsonSchema {
  const answers = makeConverter(answerSchemas, "output")
  const requests = makeConverter(requestSchemas, "input")
  const components = new Components()
  for (const [name, all] of Object.entries(choices)) components.nameChoices(all, name)
  for (const [name, schema] of Object.entries({ ...answers.defs, ...requests.defs })) {
    components.add(name, makePortable(schema as JsonSchema))
  }
  const { schemas } = components
  const problemResponses: JsonSchema = {}

  function operationOf(route: Route): JsonSchema {
    const { operationId, tag, summary, description, access, body } = route
    return {
      operationId,
      tags: [tag],
      summary,
      ...(description && { description }),
      security: prose.security[access],
      parameters: parametersOf(route),
      ...(body && { requestBody: requestBodyOf(route, body) }),
      responses: {
        ...Object.fromEntries(
          Object.entries(route.answers).map(([status, spec]) => [status, answerOf(route, spec)]),
        ),
        ...problemsOf(route),
      },
      ...(route.isSubscription && { callbacks: prose.webhookCallbacks }),
    }
  }

  function requestBodyOf({ operationId }: Route, body: v.GenericSchema): JsonSchema {
    const name = `${toPascal(operationId)}Input`
    const schema = components.name(makePortable(requests.convert(body)), name)
    const example = exampleOf(schema, schemas, "request")
    const required = !v.safeParse(body, {}).success
    return { required, content: { "application/json": { schema, example } } }
  }

  function answerOf(route: Route, { description, schema, contentType }: AnswerSpec): JsonSchema {
    const type = contentType ?? "application/json"
    const json = schema && makePortable(answers.convert(schema))
    const named = json && components.name(json, nameOfAnswer(route, json))
    const isJson = type === "application/json"
    const media = named && {
      schema: named,
      ...(isJson && { example: exampleOf(named, schemas, "answer") }),
    }
    return {
      description,
      headers: prose.answerHeaders(route),
      ...(media && { content: { [type]: media } }),
    }
  }

  function parametersOf(route: Route): JsonSchema[] {
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

  function problemsOf(route: Route): JsonSchema {
    const byStatus = Object.groupBy(problemCodes(route), (code) => String(problems[code][0]))
    return Object.fromEntries(
      Object.entries(byStatus).map(([status, codes]) => [status, problemRef(codes!)]),
    )
  }

  function problemRef(codes: ProblemCode[]): JsonSchema {
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

  const paths: Record<string, JsonSchema> = {}
  for (const route of routes) {
    paths[route.path] ??= {}
    paths[route.path]![route.method] = operationOf(route)
  }
  return {
    openapi: "3.1.0",
    info: { ...prose.info, version },
    servers: [{ url: "/", description: "Where this document was read" }],
    tags: prose.tags,
    paths,
    webhooks: webhooksOf(components),
    components: {
      securitySchemes: prose.securitySchemes,
      schemas,
      responses: problemResponses,
    },
  }
}

// A list is called after what is in it.
function nameOfAnswer({ operationId }: Route, { properties }: JsonSchema): string {
  const { data, nextCursor } = (properties ?? {}) as Record<string, JsonSchema>
  const { $ref } = (data?.["items"] ?? {}) as JsonSchema
  const isPage = nextCursor && typeof $ref === "string"
  return isPage ? `${$ref.split("/").at(-1)}Page` : `${toPascal(operationId)}Result`
}
