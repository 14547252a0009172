import { html } from "hono/html"
import type * as v from "valibot"
import type { PortalLink as Answer } from "../../api/portal-links.ts"
import { field, select } from "../form.ts"
import { copyable, exactTime, name, note, type Html } from "../html.ts"
import type { Tenant } from "../types.ts"

export type PortalLink = v.InferOutput<typeof Answer>

/** What a link's form asks; `key` keeps the ids of several forms apart. */
export const linkFields = (key: string): Html =>
  html`${field({
    id: `scope-${key}`,
    label: "Whoever opens it may",
    control: select(
      "scope",
      [
        ["full", "Do everything"],
        ["read", "Look only"],
      ],
      "full",
      `scope-${key}`,
    ),
  })}
  ${field({
    id: `lifetime-${key}`,
    label: "It can be opened for",
    control: select(
      "lifetime",
      [
        ["3600", "An hour"],
        ["86400", "A day"],
        ["604800", "A week"],
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
        <strong>A link into the portal of ${name(tenant.name)}.</strong> Whoever opens it first,
        until ${exactTime(expiresAt)}, is signed in. Send it as you would send a password.
      </p>
      ${copyable(url, "Portal link", true)}`,
  )
