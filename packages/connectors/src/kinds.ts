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

/** A connector's settings, with its credentials in them. A CRM that is not named here does not exist. */
export const ConnectorSettings = v.variant("kind", [
  schemaOf("hubspot", hubspot.settings),
  schemaOf("salesforce", salesforce.settings),
  schemaOf("pipedrive", pipedrive.settings),
  schemaOf("zoho", zoho.settings),
])
export type ConnectorSettings = v.InferOutput<typeof ConnectorSettings>
export type Kind = ConnectorSettings["kind"]

const connectors: Record<Kind, Connector> = { hubspot, salesforce, pipedrive, zoho }

export const kinds = Object.keys(connectors) as Kind[]

export const connectorOf = (kind: Kind): Connector => connectors[kind]

export type Logged = {
  /** A `call.answered` or `call.completed` webhook, parsed. */
  webhook: unknown
  settings: ConnectorSettings
  /** What the settings' `map` gave for it. */
  fields: Record<string, unknown>
  memory: Memory
}

/** The steps from a webhook to its CRM's activity. */
export function* logSteps({ webhook, settings, fields, memory }: Logged): Steps {
  const call = callOf(webhook)
  if (!call) return { end: "skipped", words: "skipped: a CRM gets answered and completed calls" }
  return yield* ending(connectorOf(settings.kind).log({ call, settings, fields, memory }))
}

/** The steps that see whether the settings work, and write nothing. */
export const checkSteps = (settings: ConnectorSettings): Steps =>
  ending(connectorOf(settings.kind).check(settings))
