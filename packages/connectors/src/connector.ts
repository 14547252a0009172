import type * as v from "valibot"
import type { Call } from "./call.ts"
import type { CommonSettings } from "./settings.ts"
import type { Memory, Steps } from "./step.ts"

export type Input<Settings> = {
  call: Call
  settings: Settings
  /** What `map` gave. */
  fields: Record<string, unknown>
  memory: Memory
}

/** What its schema makes of a connector's settings. */
export type SettingsOf<Own> = CommonSettings &
  (Own extends v.ObjectEntries ? v.InferOutput<v.ObjectSchema<Own, undefined>> : object)

/** Where and how a token is fetched; `basic`: the client's id and secret go into the header, else into the form. */
export type TokenSource = { url: string; client: "basic" | "form" }

/** A CRM: what it takes as settings, where it is, and the steps from a call to its activity. */
export type Connector<Own = object, Settings = SettingsOf<Own>> = {
  kind: string
  /** Its own settings beside the common ones, `auth` among them. */
  settings: Own
  /** Without a slash at the end. */
  baseUrl(settings: Settings): string
  tokenSource(settings: Settings): TokenSource
  /** The headers by which a token is shown; `isOwn`: the tenant pasted it, no token server gave it. */
  authorize(token: string, isOwn: boolean): Record<string, string>
  /** From a call to its activity. */
  log(input: Input<Settings>): Steps
  /** Signs in and reads what the log will need, and writes nothing. */
  check(settings: Settings): Steps
}
