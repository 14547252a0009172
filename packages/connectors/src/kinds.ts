import * as v from "valibot"
import { callOf } from "./call.ts"
import type { Connector } from "./connector.ts"
import { hubspot } from "./hubspot.ts"
import { pipedrive } from "./pipedrive.ts"
import { salesforce } from "./salesforce.ts"
import { common } from "./settings.ts"
import { ending, type Memory, type Steps } from "./step.ts"
import { zoho } from "./zoho.ts"

const schemaOf = <Kind extends string, Own extends v.ObjectEntries>(kind: Kind, settings: Own) =>
  v.strictObject({ kind: v.literal(kind), ...common, ...settings })

const given = {
  hubspot: schemaOf("hubspot", hubspot.settings),
  salesforce: schemaOf("salesforce", salesforce.settings),
  pipedrive: schemaOf("pipedrive", pipedrive.settings),
  zoho: schemaOf("zoho", zoho.settings),
}

const withoutAuth = <Auth extends v.GenericSchema>(auth: Auth) => ({ auth: v.exactOptional(auth) })

const changed = {
  hubspot: schemaOf("hubspot", { ...hubspot.settings, ...withoutAuth(hubspot.settings.auth) }),
  salesforce: schemaOf("salesforce", {
    ...salesforce.settings,
    ...withoutAuth(salesforce.settings.auth),
  }),
  pipedrive: schemaOf("pipedrive", {
    ...pipedrive.settings,
    ...withoutAuth(pipedrive.settings.auth),
  }),
  zoho: schemaOf("zoho", { ...zoho.settings, ...withoutAuth(zoho.settings.auth) }),
}

/** A connector's settings, including its credentials. All supported CRMs are listed here. */
export const ConnectorSettings = v.variant("kind", [
  given.hubspot,
  given.salesforce,
  given.pipedrive,
  given.zoho,
])
export type ConnectorSettings = v.InferOutput<typeof ConnectorSettings>

/** The same with optional credentials: the stored ones are kept, or none are needed. */
export const ConnectorChanges = v.variant("kind", [
  changed.hubspot,
  changed.salesforce,
  changed.pipedrive,
  changed.zoho,
])
export type ConnectorChanges = v.InferOutput<typeof ConnectorChanges>

/** Each schema separately, for a document that names them. */
export const settingsSchemas = { given, changed }

export type Kind = ConnectorSettings["kind"]

const connectors: Record<Kind, Connector> = { hubspot, salesforce, pipedrive, zoho }

export const kinds = Object.keys(connectors) as Kind[]

export const connectorOf = (kind: Kind): Connector => connectors[kind]

export type Logged = {
  /** A `call.answered` or `call.completed` webhook, parsed. */
  webhook: unknown
  settings: ConnectorSettings
  /** The result of the settings' `map` for it. */
  fields: Record<string, unknown>
  memory: Memory
}

/** Why an event that is no call is not logged. */
export const NO_CALL = "skipped: only answered and completed calls are logged in a CRM"

/** The steps that log a webhook as the CRM's activity. */
export function* logSteps({ webhook, settings, fields, memory }: Logged): Steps {
  const call = callOf(webhook)
  if (!call) return { end: "skipped", words: NO_CALL }
  return yield* ending(connectorOf(settings.kind).log({ call, settings, fields, memory }))
}

/** The steps that test the settings and write nothing. */
export const checkSteps = (settings: ConnectorSettings): Steps =>
  ending(connectorOf(settings.kind).check(settings))
