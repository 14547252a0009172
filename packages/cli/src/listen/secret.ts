import { createHmac } from "node:crypto"
import type { Terminal } from "../terminal.ts"

/**
 * The secret that signs what `listen` shows and forwards. Derived from the API key, so that it is
 * the same at each run without being stored. The key cannot be derived from it.
 */
export const listenSecret = (key: string, tenant: string): string =>
  `whsec_${createHmac("sha256", key).update(`ringback listen ${tenant}`).digest("base64")}`

export function noteSigningSecret(terminal: Terminal, secret: string): void {
  const why = terminal.paint("dim", "(the same at each run)")
  terminal.note(`Signing secret: ${secret} ${why}`)
}
