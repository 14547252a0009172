import type { Command } from "commander"
import type { Api } from "./api.ts"
import type { Settings } from "./settings.ts"
import type { Terminal } from "./terminal.ts"

/** What a command works with. */
export type Connection = {
  api: Api
  settings: Settings
  terminal: Terminal
  isJson: boolean
  stopped: AbortSignal
  /** Asks at the keyboard; undefined where nobody sits there. */
  confirm: ((question: string) => Promise<boolean>) | undefined
  /** What was typed to come here, for hints that can be copied. */
  name: string
}

/** The same, once it is known whose things it is about. */
export type Session = Connection & { tenant: string }

export type Open = {
  /** For what belongs to no tenant. */
  connect: (command: Command) => Connection
  open: (command: Command) => Promise<Session>
}

/** Of the tenant: `/tenants/{id}` and what follows, ids encoded. */
export const pathOf = ({ tenant }: Pick<Session, "tenant">, ...parts: string[]) =>
  `/tenants/${[tenant, ...parts].map(encodeURIComponent).join("/")}`
