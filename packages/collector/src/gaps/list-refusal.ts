import { type AmiMessage, header } from "@ringback/ami/message"

/**
 * Why a list could not be had. `denied`: the user has no right to it. `unknown`: the dialler's module is not loaded (yet), so
 * the PBX does not know the action. `failed`: for another reason, in the PBX's words. `too-large`: over the bound of a list.
 */
export type ListRefusal = { why: "denied" | "unknown" | "failed" | "too-large"; said: string }

/** What an error response to a Show action means. */
export function refusalOf(response: AmiMessage): ListRefusal {
  const said = header(response, "Message") ?? ""
  if (/permission/i.test(said)) return { why: "denied", said }
  return { why: /unknown (command|action)/i.test(said) ? "unknown" : "failed", said }
}

/** How each refusal is logged. */
export const REFUSALS = {
  denied: {
    event: "lists.refused",
    alarm: false,
    mend: "write=command for this user in manager.conf: then gaps are filled",
  },
  unknown: {
    event: "lists.unknown",
    alarm: true,
    mend: "load res_outbound.so: until then no gap is filled; the lists are asked for again at intervals",
  },
  failed: {
    event: "lists.failed",
    alarm: true,
    mend: "see the PBX's log: gaps are filled once it answers; the lists are asked for again at intervals",
  },
  "too-large": {
    event: "lists.too-large",
    alarm: true,
    mend: "delete records that are no longer needed: gaps are not filled from a list of that size",
  },
} as const

/** Whether the same session may have it later. */
export const canChange = ({ why }: ListRefusal) => why === "unknown" || why === "failed"
