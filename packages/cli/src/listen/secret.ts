import { createHmac } from "node:crypto"
import type { Terminal } from "../terminal.ts"

/**
 * The secret that signs what `listen` shows and forwards: made from the key that the API is asked with, so that it is the
 * same at each run without lying on a disk. It does not tell the key.
 */
export const listenSecret = (key: string, tenant: string): string =>
  `whsec_${createHmac("sha256", key).update(`ringback listen ${tenant}`).digest("base64")}`

export function saySecret(terminal: Terminal, secret: string): void {
  const why = terminal.paint("dim", "(the same at each run)")
  terminal.note(`Signing secret: ${secret} ${why}`)
}
