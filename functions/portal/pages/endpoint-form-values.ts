import type { Problem } from "../client.ts"
import type { Endpoint, EventType, Source } from "../types.ts"
import type { AuthValues } from "./auth-fields.ts"
import type { ConnectorValues } from "./connector-fields.ts"
import { isCrm, type Kind } from "./endpoint-kinds.ts"
import type { Tried } from "./endpoint-preview.ts"

/** As in the API's body. */
export type FormValues = {
  url: string | null
  description: string | null
  eventTypes: string[] | null
  sources: string[] | null
  filter: unknown
  transform: string | null
  order: string
  /** Undefined: keep the stored one. */
  auth?: AuthValues | null | undefined
  connector?: ConnectorValues
  rateLimit: number | null
  headers: Record<string, string>
  metadata: Record<string, string>
  signing?: string
  secret?: string
}

export type Form = {
  kind: Kind
  action: string
  /** The path that answers with a preview. */
  previewAt: string
  cancel: string
  submit: string
  values: FormValues
  eventTypes: EventType[]
  sources: Source[]
  tried: Tried
  /** The endpoint to change; undefined for a new one. */
  endpoint?: Endpoint
  problem?: Problem | undefined
  /** The endpoint's ETag when the form was shown. */
  etag?: string | null
}

/** The form's values for a new endpoint. */
export const freshValues: FormValues = {
  url: "",
  description: null,
  eventTypes: null,
  sources: null,
  filter: null,
  transform: null,
  order: "any",
  auth: null,
  rateLimit: null,
  headers: {},
  metadata: {},
}

/**
 * The form's values for an existing endpoint. Its credentials are never shown, and are kept unless
 * new ones are given.
 */
export const valuesOf = ({ auth, connector, ...endpoint }: Endpoint): FormValues => ({
  ...endpoint,
  auth: auth ? undefined : null,
  ...(connector && { connector: withoutAuth(connector) }),
})

function withoutAuth({ auth: _, ...rest }: NonNullable<Endpoint["connector"]>): ConnectorValues {
  return rest
}

/** The values of a submitted form, to show it again. */
export const valuesAgain = (fields: Record<string, unknown>, kind: Kind): FormValues => ({
  ...freshValues,
  ...(isCrm(kind) ? {} : { auth: undefined }),
  ...(fields as Partial<FormValues>),
})
