import { html } from "hono/html"
import type * as v from "valibot"
import type { FoundAnswer } from "../../api/search.ts"
import { path } from "../client.ts"
import { empty, heading, name, note, type Html } from "../html.ts"
import { operatorSection } from "../page.ts"
import { problemNote } from "../problem-view.ts"

type Found = v.InferOutput<typeof FoundAnswer>
type Answer = { data: Found[]; isComplete: boolean }

export const searchPages = [
  operatorSection("search").show("/search", async ({ client, query }) => {
    const q = query.get("q")?.trim() ?? ""
    const found = q === "" ? undefined : await client.ask<Answer>("GET", path`/search?q=${q}`)
    const content = html`${heading({
        title: "Search",
        about: "Finds an id, a Uuid, a dialled number, a name or a URL in all tenants.",
      })}
      <form class="filters" method="get" action="/portal/search" role="search">
        <div class="long">
          <label for="q" class="visually-hidden">Search</label>
          <input
            id="q"
            name="q"
            type="search"
            value="${q}"
            minlength="3"
            maxlength="200"
            required
            autofocus
            placeholder="dlv_…, 4520123456, acme"
          />
        </div>
        <button class="primary">Search</button>
      </form>
      ${found === undefined ? "" : found.ok ? foundHtml(found.body) : problemNote(found.problem)}`
    return {
      title: "Search",
      content,
      status: found === undefined || found.ok ? 200 : found.status,
    }
  }),
]

const foundHtml = ({ data, isComplete }: Answer): Html =>
  html`${isComplete ? "" : note("warn", "There was not enough time to search everything. Make the search more specific, or search for an id.")}
    <section class="card">
      ${
        data.length === 0
          ? empty(
              "Nothing found",
              "A number is searched in each tenant's newest events. A name or a URL matches in part.",
            )
          : html`<table class="list">
              <thead>
                <tr>
                  <th>Found</th>
                  <th>What</th>
                  <th>Tenant</th>
                </tr>
              </thead>
              <tbody>
                ${data.map(
                  (each) =>
                    html`<tr>
                      <td class="wide with-id">
                        <a class="clip" href="${pathOf(each)}"
                          >${each.name === null ? html`<code>${each.id}</code>` : name(each.name)}</a
                        ><code class="dim small">${each.id}</code>
                      </td>
                      <td>${each.kind}</td>
                      <td>
                        <a class="mono small" href="/portal/${each.tenantId}">${each.tenantId}</a>
                      </td>
                    </tr>`,
                )}
              </tbody>
            </table>`
      }
    </section>`

function pathOf({ kind, id, tenantId }: Found): string {
  const base = `/portal/${tenantId}`
  switch (kind) {
    case "tenant":
      return base
    case "endpoint":
    case "source":
    case "event":
      return `${base}/${kind}s/${id}`
    case "delivery":
      return `${base}/deliveries/${id}`
    default:
      return `${base}/keys`
  }
}
