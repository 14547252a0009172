import { html } from "hono/html"
import type * as v from "valibot"
import type { PortalLink as Answer } from "../../api/portal-links.ts"
import { field, select } from "../form.ts"
import { copyable, exactTime, name, note, type Html } from "../html.ts"
import type { Tenant } from "../types.ts"

export type PortalLink = v.InferOutput<typeof Answer>

/** The fields of a link's form. `key` makes the ids of several forms on a page unique. */
export const linkFields = (key: string): Html =>
  html`${field({
    id: `scope-${key}`,
    label: "Access",
    control: select(
      "scope",
      [
        ["full", "Full"],
        ["read", "Read-only"],
      ],
      "full",
      `scope-${key}`,
    ),
  })}
  ${field({
    id: `lifetime-${key}`,
    label: "Valid for",
    control: select(
      "lifetime",
      [
        ["3600", "1 hour"],
        ["86400", "1 day"],
        ["604800", "1 week"],
      ],
      "86400",
      `lifetime-${key}`,
    ),
  })}`

export const linkBody = (form: URLSearchParams) => ({
  expiresInSeconds: Number(form.get("lifetime") ?? "3600"),
  scope: form.get("scope") ?? "full",
})

export const linkNote = ({ url, expiresAt }: PortalLink, tenant: Tenant): Html =>
  note(
    "ok",
    html`<p>
        <strong>A link to the portal of ${name(tenant.name)}.</strong> It signs in the first person
        who opens it, until ${exactTime(expiresAt)}. Treat it like a password.
      </p>
      ${copyable(url, "Portal link", true)}`,
  )
