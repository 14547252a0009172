import type { AmiMessage } from "./message.ts"

/** A list's rows and its completing event; or the response that refused it. */
export type ListResult =
  { ok: true; rows: AmiMessage[]; complete: AmiMessage } | { ok: false; response: AmiMessage }
