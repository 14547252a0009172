import { html } from "hono/html"
import { languages, sampleOf, type SampleRequest } from "./docs-code.ts"
import { fieldOf, fieldsOf, inline, resolve } from "./docs-schema.ts"
import type { JsonSchema } from "./json-schema.ts"

type Html = ReturnType<typeof html>
type Media = { schema: JsonSchema; example?: unknown }
type Answer = { description: string; content?: Record<string, Media> }
type Parameter = JsonSchema & { name: string; in: string; required: boolean; schema: JsonSchema }

export type Operation = {
  operationId: string
  tags: [string]
  summary: string
  description?: string
  security: JsonSchema[]
  parameters: Parameter[]
  requestBody?: { required: boolean; content: Record<string, Media> }
  responses: Record<string, Answer>
}

export type Components = {
  schemas: JsonSchema
  responses: Record<string, Answer>
}

const JSON_TYPE = "application/json"

/** One operation: its text and parameters on the left, examples on the right. */
export function operationHtml(
  path: string,
  method: string,
  operation: Operation,
  { schemas, responses }: Components,
): Html {
  const { operationId, summary, description, requestBody } = operation
  const body = requestBody?.content[JSON_TYPE]
  const parameters = operation.parameters.filter(({ in: place }) => place !== "path")
  const answers = Object.entries(operation.responses).map(([status, answer]) => ({
    status,
    answer: resolve(answer as never, responses as never) as unknown as Answer,
  }))
  const good = answers.find(({ status }) => status.startsWith("2"))!
  const shown = good.answer.content?.[JSON_TYPE]
  return html`<article id="${operationId}">
    <header>
      <h3><a href="#${operationId}">${summary}</a></h3>
      <p class="path">
        <span class="method ${method}">${method}</span>${path}<span class="who"
          >${who(operation.security)}</span
        >
      </p>
    </header>
    <div>
      ${description ? html`<p>${inline(description)}</p>` : ""}
      ${
        parameters.length > 0
          ? html`<h4>Parameters</h4>
              <dl class="fields">
                ${parameters.map((each) =>
                  fieldOf(
                    each.in === "header" ? `${each.name} (header)` : each.name,
                    { ...each.schema, description: each["description"] },
                    each.required,
                    schemas,
                  ),
                )}
              </dl>`
          : ""
      }
      ${
        body &&
        Object.keys((resolve(body.schema, schemas)["properties"] ?? {}) as object).length > 0
          ? html`<h4>Body</h4>
              ${fieldsOf(body.schema, schemas)}`
          : ""
      }
      ${
        shown
          ? html`<h4>Answer</h4>
              <details class="body">
                <summary>${good.answer.description}: its fields</summary>
                ${fieldsOf(shown.schema, schemas)}
              </details>`
          : ""
      }
      <h4>Status</h4>
      <ul class="answers">
        ${answers.map(({ status, answer }) => statusHtml(status, answer))}
      </ul>
    </div>
    <div>
      ${samplesHtml(sampleOf(path, method, operation), operationId)}
      ${
        shown?.example === undefined
          ? ""
          : html`<div class="sample">
              <p>${good.status} ${good.answer.description}</p>
              <pre tabindex="0"><code>${pretty(shown.example)}</code></pre>
            </div>`
      }
    </div>
  </article>`
}

function statusHtml(status: string, answer: Answer): Html {
  const problem = answer.content?.["application/problem+json"] as
    { examples?: Record<string, unknown> } | undefined
  const codes = Object.keys(problem?.examples ?? {})
  return html`<li>
    <span class="status">${status}</span>${
      codes.length > 0
        ? codes.map((code) => html`<a href="#${code}"><code>${code}</code></a> `)
        : answer.description
    }
  </li>`
}

function who(security: JsonSchema[]): string {
  if (security.length === 0) return "open"
  return security.length === 1 ? "operator" : "operator or tenant"
}

/** One request in each language. The stylesheet shows the chosen one. */
function samplesHtml(request: SampleRequest, operationId: string): Html {
  const all = Object.entries(languages)
  return html`<div class="sample">
    <fieldset class="languages">
      <legend>Request</legend>
      ${all.map(
        ([language, { title }], index) =>
          html`<label
            ><input
              type="radio"
              name="in-${operationId}"
              value="${language}"
              ${index === 0 ? html`checked` : ""}
            />${title}</label
          >`,
      )}
    </fieldset>
    ${all.map(
      ([language, { write }]) =>
        html`<pre tabindex="0" class="in-${language}"><code>${write(request)}</code></pre>`,
    )}
  </div>`
}

export const pretty = (value: unknown) => JSON.stringify(value, null, 2)
