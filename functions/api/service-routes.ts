import * as v from "valibot"
import asyncapi from "./asyncapi.json" with { type: "json" }
import { docsHeaders, docsPage } from "./docs.ts"
import document from "./openapi.json" with { type: "json" }
import { guidePage, guidePath, guides } from "./guides.ts"
import { llmsText } from "./llms.ts"
import { route } from "./route.ts"

const tag = "Service"

// Tools in browsers read these documents from their own origins.
const documentHeaders = {
  "cache-control": "public, max-age=300",
  "access-control-allow-origin": "*",
}

export const openRoutes = [
  route({
    method: "get",
    path: "/healthz",
    access: "open",
    operationId: "getHealth",
    tag,
    summary: "Whether the API is up",
    answers: {
      200: {
        description: "It is",
        schema: v.object({ status: v.literal("ok"), version: v.string() }),
      },
    },
    handle: ({ deps: { version } }) => ({ status: 200, body: { status: "ok", version } }),
  }),
  route({
    method: "get",
    path: "/openapi.json",
    access: "open",
    operationId: "getDocument",
    tag,
    summary: "This document",
    answers: {
      200: { description: "OpenAPI 3.1", schema: v.record(v.string(), v.unknown()) },
    },
    handle: () => ({
      status: 200,
      body: document,
      headers: documentHeaders,
    }),
  }),
  route({
    method: "get",
    path: "/asyncapi.json",
    access: "open",
    operationId: "getAsyncApi",
    tag,
    summary: "What endpoints receive, as AsyncAPI",
    answers: {
      200: { description: "AsyncAPI 3", schema: v.record(v.string(), v.unknown()) },
    },
    handle: () => ({ status: 200, body: asyncapi, headers: documentHeaders }),
  }),
  route({
    method: "get",
    path: "/docs",
    access: "open",
    operationId: "getDocs",
    tag,
    summary: "This document as a web page",
    answers: { 200: { description: "A page", contentType: "text/html", schema: v.string() } },
    handle: () => ({ status: 200, body: docsPage(document), headers: docsHeaders }),
  }),
  route({
    method: "get",
    path: "/llms.txt",
    access: "open",
    operationId: "getLlmsText",
    tag,
    summary: "The index of the documentation for language models",
    answers: { 200: { description: "Markdown", contentType: "text/plain", schema: v.string() } },
    handle: () => ({
      status: 200,
      body: llmsText(),
      headers: {
        "content-type": "text/plain; charset=utf-8",
        "cache-control": "public, max-age=300",
      },
    }),
  }),
  ...guides.map((guide) =>
    route({
      method: "get",
      path: guidePath(guide),
      access: "open",
      operationId: `get${guide.name.charAt(0).toUpperCase()}${guide.name.slice(1)}Guide`,
      tag,
      summary: `${guide.title}, for people`,
      answers: { 200: { description: "A page", contentType: "text/html", schema: v.string() } },
      handle: () => ({ status: 200, body: guidePage(guide), headers: docsHeaders }),
    }),
  ),
]
