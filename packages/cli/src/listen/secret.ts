import { scryptSync } from "node:crypto"
import type { Terminal } from "../terminal.ts"

const BYTES = 32
const COST = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 }

/**
 * The secret that signs what `listen` shows and forwards. Derived from the API key, so that it is
 * the same at each run without being stored. The tenant can read it, and an operator's key may be a
 * chosen one: to guess it takes a tenth of a second for each try.
 */
export const listenSecret = (key: string, tenant: string): string =>
  `whsec_${scryptSync(key, `ringback listen ${tenant}`, BYTES, COST).toString("base64")}`

export function noteSigningSecret(terminal: Terminal, secret: string): void {
  const why = terminal.paint("dim", "(the same at each run)")
  terminal.note(`Signing secret: ${secret} ${why}`)
}
