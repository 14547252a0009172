import type * as v from "valibot"
import type { Call } from "./call.ts"
import type { CommonSettings } from "./settings.ts"
import type { Memory, Steps } from "./step.ts"

export type Input<Settings> = {
  call: Call
  settings: Settings
  /** The result of `map`. */
  fields: Record<string, unknown>
  memory: Memory
}

/** A connector's settings, as its schema parses them. */
export type SettingsOf<Own> = CommonSettings &
  (Own extends v.ObjectEntries ? v.InferOutput<v.ObjectSchema<Own, undefined>> : object)

/**
 * Where and how a token is fetched. `basic`: the client's id and secret are sent in the header,
 * otherwise in the form.
 */
export type TokenSource = { url: string; client: "basic" | "form" }

/** A CRM: its settings, its URL, and the steps that log a call as its activity. */
export type Connector<Own = object, Settings = SettingsOf<Own>> = {
  kind: string
  /** Its settings in addition to the common ones, including `auth`. */
  settings: Own
  /** Without a slash at the end. */
  baseUrl(settings: Settings): string
  tokenSource(settings: Settings): TokenSource
  /** The headers with a token. `isOwn`: the tenant supplied it, not a token server. */
  authorize(token: string, isOwn: boolean): Record<string, string>
  /** The steps that log a call as an activity. */
  log(input: Input<Settings>): Steps
  /** Signs in and reads what logging a call needs. Writes nothing. */
  check(settings: Settings): Steps
}
