import type { Command } from "commander"
import type { Api } from "./api.ts"
import type { Settings } from "./settings.ts"
import type { Terminal } from "./terminal.ts"

/** What a command works with, once it is known whose and where. */
export type Session = {
  api: Api
  tenant: string
  settings: Settings
  terminal: Terminal
  isJson: boolean
  stopped: AbortSignal
}

export type OpenSession = (command: Command) => Promise<Session>

/** Of the tenant: `/tenants/{id}` and what follows. */
export const pathOf = ({ tenant }: Session, rest: string) => `/tenants/${tenant}${rest}`
