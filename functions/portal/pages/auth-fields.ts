import { html } from "hono/html"
import type { Problem } from "../client.ts"
import { described, field } from "../form.ts"
import type { Html } from "../html.ts"
import { errorAt, errorOf } from "../problem-view.ts"
import type { Endpoint } from "../types.ts"
import type { Kind } from "./endpoint-kinds.ts"

/** As in the API's body. A credential is null if the stored one is meant, which is never shown. */
export type AuthValues = Record<string, unknown>
type StoredAuth = Endpoint["auth"]

const CHOICES = {
  none: "The signature only",
  bearer: "Bearer token",
  basic: "User name and password (Basic)",
  header: "Custom header",
  client_credentials: "OAuth 2, client credentials",
  refresh_token: "OAuth 2, refresh token",
} as const
type Choice = keyof typeof CHOICES

const OF_KIND: Record<Exclude<Kind, "pull">, Choice[]> = {
  webhook: ["none", "bearer", "basic", "header", "client_credentials", "refresh_token"],
  hubspot: ["bearer", "refresh_token"],
  salesforce: ["client_credentials", "refresh_token"],
  pipedrive: ["bearer", "refresh_token"],
  zoho: ["refresh_token"],
}

type Input = { name: string; label: string; of: Choice[]; isSecret?: boolean; placeholder?: string }

const OAUTH: Choice[] = ["client_credentials", "refresh_token"]
const INPUTS: Input[] = [
  { name: "token", label: "Token", of: ["bearer"], isSecret: true },
  { name: "username", label: "User name", of: ["basic"] },
  { name: "password", label: "Password", of: ["basic"], isSecret: true },
  { name: "name", label: "Header", of: ["header"], placeholder: "x-api-key" },
  { name: "value", label: "Header value", of: ["header"], isSecret: true },
  {
    name: "tokenUrl",
    label: "Token URL",
    of: OAUTH,
    placeholder: "https://login.example.com/oauth/token",
  },
  { name: "clientId", label: "Client id", of: OAUTH },
  { name: "clientSecret", label: "Client secret", of: OAUTH, isSecret: true },
  { name: "refreshToken", label: "Refresh token", of: ["refresh_token"], isSecret: true },
  { name: "scope", label: "Scope, if required", of: OAUTH, placeholder: "events.write" },
]
// The kind of a CRM determines its token URL and scope.
const NOT_OF_CRMS = new Set(["tokenUrl", "scope"])

const inputsOf = (kind: Kind): Input[] =>
  INPUTS.filter(({ name }) => kind === "webhook" || !NOT_OF_CRMS.has(name))

const choiceOf = (auth: AuthValues | null | undefined): Choice | undefined =>
  auth === undefined
    ? undefined
    : auth === null
      ? "none"
      : ((auth["type"] === "oauth2" ? auth["grant"] : auth["type"]) as Choice)

type Shown = {
  kind: Exclude<Kind, "pull">
  /** Undefined: keep the stored one. */
  auth: AuthValues | null | undefined
  kept: StoredAuth | undefined
  problem: Problem | undefined
  /** Path of its fields in the API's body: `auth`, or `connector/auth`. */
  at: string
}

/** How Ringback authenticates to the endpoint. CSS alone shows the fields of the chosen method. */
export function authFields({ kind, auth: given, kept, problem, at }: Shown): Html {
  const choices = OF_KIND[kind]
  const error = ["", "/type", "/grant"].map((each) => errorAt(problem, at + each)).find(Boolean)
  // Stored credentials may not be sent to the URL's new host. The fields ask for them again,
  // without the secrets.
  const auth = error && given === undefined ? kept : given
  const chosen = choiceOf(auth) ?? (kept ? "keep" : choices[0])
  const radio = (value: string, word: string) =>
    html`<label class="check"
      ><input
        type="radio"
        name="auth"
        value="${value}"
        ${value === chosen ? html`checked` : ""}
      /><span>${word}</span></label
    >`
  const isAlone = choices.length === 1 && !kept
  return html`<fieldset class="field auth">
    <legend>Authentication</legend>
    ${
      isAlone
        ? html`<input type="hidden" name="auth" value="${choices[0] ?? ""}" />`
        : html`<div class="choices">
            ${kept ? radio("keep", `Keep the current one: ${wordOf(kept)}`) : ""}
            ${choices.map((each) => radio(each, CHOICES[each]))}
          </div>`
    }
    ${error ? html`<p class="error">${error}</p>` : ""}
    ${
      kept && kind === "webhook"
        ? html`<p class="dim small">If the URL changes to another host, enter it again.</p>`
        : ""
    }
    <div class="sub">
      ${inputsOf(kind)
        .filter(({ of }) => of.some((each) => choices.includes(each)))
        .map((each) => inputHtml(each, auth, errorOf(problem, `${at}/${each.name}`), isAlone))}
    </div>
    <p class="hint">Stored encrypted and never shown again.</p>
  </fieldset>`
}

function inputHtml(
  { name, label, of, isSecret, placeholder }: Input,
  auth: AuthValues | null | undefined,
  error: string | undefined,
  isAlone: boolean,
): Html {
  const id = `auth-${name}`
  // Not a `password` input: these are no user's passwords, so a browser should not offer to save them.
  const given = auth?.[name]
  const control = html`<input
    id="${id}"
    name="${id}"
    type="text"
    class="mono ${isSecret ? "hidden-text" : ""}"
    autocomplete="off"
    spellcheck="false"
    value="${typeof given === "string" ? given : ""}"
    ${placeholder ? html`placeholder="${placeholder}"` : ""}
    ${described(id, error, false)}
  />`
  return html`<div class="${isAlone ? "" : of.map((each) => `for-${each}`).join(" ")}">
    ${field({ id, label, control, error })}
  </div>`
}

const WORDS: Record<string, string> = { bearer: "a bearer token" }

/** Describes an authentication without its secrets. */
export const wordOf = (auth: NonNullable<StoredAuth>): string =>
  auth.type === "basic"
    ? `the user name ${auth.username ?? ""} and a password`
    : auth.type === "header"
      ? `the header ${auth.name ?? ""}`
      : auth.type === "oauth2"
        ? `OAuth 2, ${auth.grant === "refresh_token" ? "refresh token" : "client credentials"}`
        : (WORDS[auth.type] ?? auth.type)

/** The form's `auth` as in the API's body. Undefined: keep the stored one. */
export function readAuth(form: URLSearchParams, kind: Kind): AuthValues | null | undefined {
  const choice = form.get("auth") as Choice | "keep" | null
  if (choice === null || choice === "keep" || !Object.hasOwn(CHOICES, choice)) return undefined
  if (choice === "none") return null
  const isOAuth = OAUTH.includes(choice)
  const given = inputsOf(kind)
    .filter(({ of }) => of.includes(choice))
    .map(({ name }): [string, string] => [name, form.get(`auth-${name}`)?.trim() ?? ""])
    .filter(([name, value]) => name !== "scope" || value !== "")
  return {
    type: isOAuth ? "oauth2" : choice,
    ...(isOAuth && { grant: choice }),
    ...Object.fromEntries(given),
  }
}
