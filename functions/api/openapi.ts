import { Components } from "./component-names.ts"
import { answerSchemas, choices, requestSchemas } from "./components.ts"
import { makeConverter, type JsonSchema } from "./json-schema.ts"
import { operationOf, type Parts } from "./openapi-operation.ts"
import type { Route } from "./route.ts"
import * as prose from "./openapi-prose.ts"
import { webhooksOf } from "./openapi-webhooks.ts"
import { makePortable } from "./portable-schema.ts"

/**
 * The OpenAPI 3.1 document of these routes. It is generated from their schemas, so nothing is
 * written twice.
 */
export function makeDocument(routes: readonly Route[], version: string): JsonSchema {
  const answers = makeConverter(answerSchemas, "output")
  const requests = makeConverter(requestSchemas, "input")
  const components = new Components()
  for (const [name, all] of Object.entries(choices)) components.nameChoices(all, name)
  for (const [name, schema] of Object.entries({ ...answers.defs, ...requests.defs })) {
    components.add(name, makePortable(schema as JsonSchema))
  }
  const parts: Parts = { components, answers, requests, problemResponses: {} }
  const paths: Record<string, JsonSchema> = {}
  for (const route of routes) {
    paths[route.path] ??= {}
    paths[route.path]![route.method] = operationOf(parts, route)
  }
  return {
    openapi: "3.1.0",
    info: { ...prose.info, version },
    servers: [{ url: "/", description: "The server of this document" }],
    tags: prose.tags,
    paths,
    webhooks: webhooksOf(components),
    components: {
      securitySchemes: prose.securitySchemes,
      schemas: components.schemas,
      responses: parts.problemResponses,
    },
  }
}
