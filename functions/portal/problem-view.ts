import { html } from "hono/html"
import type { Problem } from "./client.ts"
import { note, type Html } from "./html.ts"

/**
 * The API's problem, in its words. It lists the invalid fields that the form does not show itself
 * (`named` are shown).
 */
export const problemNote = (
  { title, detail, errors = [] }: Problem,
  named: string[] = [],
): Html => {
  const rest = errors.filter(({ path }) => !named.some((each) => isAt(path, each)))
  return note(
    "bad",
    html`<p><strong>${title}.</strong> ${detail ?? ""}</p>
      ${
        rest.length > 0
          ? html`<ul>
              ${rest.map(({ path, message }) => html`<li><code>${path}</code> ${message}</li>`)}
            </ul>`
          : ""
      }`,
  )
}

const isAt = (path: string, field: string) => path === `/${field}` || path.startsWith(`/${field}/`)

/** The error of one field of a form, or undefined. */
export function errorOf(problem: Problem | undefined, field: string): string | undefined {
  const found = problem?.errors?.filter(({ path }) => isAt(path, field)) ?? []
  if (found.length === 0) return undefined
  return found
    .map(({ path, message }) => [path.slice(field.length + 2), message].filter(Boolean).join(" "))
    .join("; ")
}

/** The error of that field itself, without those of fields inside it. */
export const errorAt = (problem: Problem | undefined, field: string): string | undefined =>
  problem?.errors?.find(({ path }) => path === `/${field}`)?.message
