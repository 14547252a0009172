import { toJsonSchema } from "@valibot/to-json-schema"
import * as v from "valibot"
import { eventTypes } from "@ringback/events/catalog"
import { answerSchemas, requestSchemas } from "./components.ts"
import { exampleOf, makeConverter, type JsonSchema } from "./json-schema.ts"
import { pathParams } from "./path.ts"
import { problems, type ProblemCode } from "./problem.ts"
import { problemCodes } from "./problem-codes.ts"
import type { AnswerSpec, Route } from "./route.ts"
import * as prose from "./openapi-prose.ts"

/** The OpenAPI 3.1 document of those routes: nothing in it is said twice, all comes from their schemas. */
export function makeDocument(routes: readonly Route[], version: string): JsonSchema {
  const answers = makeConverter(answerSchemas, "output")
  const requests = makeConverter(requestSchemas, "input")
  const schemas = { ...answers.defs, ...requests.defs } as JsonSchema
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
      ...(body && { requestBody: requestBodyOf(body) }),
      responses: {
        ...Object.fromEntries(
          Object.entries(route.answers).map(([status, spec]) => [status, answerOf(route, spec)]),
        ),
        ...problemsOf(route),
      },
    }
  }

  function requestBodyOf(body: v.GenericSchema): JsonSchema {
    const schema = requests.convert(body)
    const example = exampleOf(schema, schemas)
    const required = !v.safeParse(body, {}).success
    return { required, content: { "application/json": { schema, example } } }
  }

  function answerOf(route: Route, { description, schema, contentType }: AnswerSpec): JsonSchema {
    const type = contentType ?? "application/json"
    const json = schema && answers.convert(schema)
    const isJson = type === "application/json"
    const media = json && { schema: json, ...(isJson && { example: exampleOf(json, schemas) }) }
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
      const { description, ...schema } = requests.convert(entry)
      return { name, in: "query", required: false, ...(description ? { description } : {}), schema }
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
          schema: { $ref: "#/components/schemas/Problem" },
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
    webhooks: webhooks(),
    components: {
      securitySchemes: prose.securitySchemes,
      schemas,
      responses: problemResponses,
    },
  }
}

function webhooks(): JsonSchema {
  return Object.fromEntries(
    eventTypes.map(({ type, description, schema, example }) => {
      const { $schema: _, ...json } = toJsonSchema(schema, {
        target: "draft-2020-12",
        typeMode: "input",
      })
      const operation = {
        operationId: `on.${type}`,
        tags: ["Webhooks"],
        summary: type,
        description,
        security: [],
        parameters: prose.webhookHeaders,
        requestBody: {
          required: true,
          content: { "application/json": { schema: json, example } },
        },
        responses: prose.webhookResponses,
      }
      return [type, { post: operation }]
    }),
  )
}
