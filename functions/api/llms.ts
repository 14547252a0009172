import { guidePath, guides } from "./guides.ts"
import * as prose from "./openapi-prose.ts"

/** The index of the documentation for language models, as https://llmstxt.org proposes. */
export const llmsText = (): string =>
  [
    "# Ringback",
    "",
    `> ${prose.info.summary}: the events of an Asterisk dialler become signed webhooks (Standard Webhooks 1.0), and none is lost.`,
    "",
    prose.info.description.replaceAll("**", ""),
    "",
    "## The API",
    "",
    "- [Reference](/docs): every operation, with its fields and examples",
    "- [OpenAPI 3.1](/openapi.json): the same for programs",
    "- [AsyncAPI 3](/asyncapi.json): what endpoints receive",
    "",
    "## Guides",
    "",
    ...guides.map((each) => `- [${each.title}](${guidePath(each)}): ${each.about}`),
    "",
  ].join("\n")
