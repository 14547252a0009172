import type { Problem } from "../client.ts"
import type { Endpoint, EventType, Source } from "../types.ts"
import type { AuthValues } from "./auth-fields.ts"
import type { ConnectorValues } from "./connector-fields.ts"
import { isCrm, type Kind } from "./endpoint-kinds.ts"
import type { Tried } from "./endpoint-preview.ts"

/** As the API's body has them. */
export type FormValues = {
  url: string | null
  description: string | null
  eventTypes: string[] | null
  sources: string[] | null
  filter: unknown
  transform: string | null
  order: string
  /** Undefined: what is kept stays. */
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
  /** Where its preview is asked for. */
  previewAt: string
  cancel: string
  submit: string
  values: FormValues
  eventTypes: EventType[]
  sources: Source[]
  tried: Tried
  /** The endpoint that is changed; undefined where one is made. */
  endpoint?: Endpoint
  problem?: Problem | undefined
  /** Of the endpoint as it was when the form was shown. */
  etag?: string | null
}

/** Of an endpoint that is not made yet. */
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

/** Of an endpoint as it is: its credentials are never shown, and stay unless others are given. */
export const valuesOf = ({ auth, connector, ...endpoint }: Endpoint): FormValues => ({
  ...endpoint,
  auth: auth ? undefined : null,
  ...(connector && { connector: withoutAuth(connector) }),
})

function withoutAuth({ auth: _, ...rest }: NonNullable<Endpoint["connector"]>): ConnectorValues {
  return rest
}

/** What was sent, to be shown again. */
export const valuesAgain = (fields: Record<string, unknown>, kind: Kind): FormValues => ({
  ...freshValues,
  ...(isCrm(kind) ? {} : { auth: undefined }),
  ...(fields as Partial<FormValues>),
})
