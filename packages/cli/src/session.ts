import type { Command } from "commander"
import type { Api } from "./api.ts"
import type { Settings } from "./settings.ts"
import type { Terminal } from "./terminal.ts"

/** The context of a command. */
export type Connection = {
  api: Api
  settings: Settings
  terminal: Terminal
  isJson: boolean
  stopped: AbortSignal
  /** Asks the user; undefined if the input is not interactive. */
  confirm: ((question: string) => Promise<boolean>) | undefined
  /** The command as typed, for hints that can be copied. */
  name: string
}

/** The same, with the tenant known. */
export type Session = Connection & { tenant: string }

export type Open = {
  /** For requests without a tenant. */
  connect: (command: Command) => Connection
  open: (command: Command) => Promise<Session>
}

/** For requests of the tenant: the path after `/tenants/{id}`, ids encoded. */
export const pathOf = ({ tenant }: Pick<Session, "tenant">, ...parts: string[]) =>
  `/tenants/${[tenant, ...parts].map(encodeURIComponent).join("/")}`
