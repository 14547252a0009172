import { type AmiMessage, header } from "@ringback/ami/message"

/**
 * Why a list is unavailable. `denied`: the user lacks permission. `unknown`: the dialler's module
 * is not loaded, so the PBX does not know the action. `failed`: any other error. `too-large`: the
 * list exceeds the size limit. `message`: the PBX's error text.
 */
export type ListRefusal = { why: "denied" | "unknown" | "failed" | "too-large"; message: string }

/** Classifies an error response to a Show action. */
export function refusalOf(response: AmiMessage): ListRefusal {
  const message = header(response, "Message") ?? ""
  if (/permission/i.test(message)) return { why: "denied", message }
  return { why: /unknown (command|action)/i.test(message) ? "unknown" : "failed", message }
}

/** The log event and fields of each refusal. */
export const REFUSALS = {
  denied: {
    event: "lists.refused",
    alarm: false,
    fix: "write=command for this user in manager.conf: then gaps are filled",
  },
  unknown: {
    event: "lists.unknown",
    alarm: true,
    fix: "load res_outbound.so: gaps cannot be filled without it; the lists are requested again at intervals",
  },
  failed: {
    event: "lists.failed",
    alarm: true,
    fix: "check the PBX's log: gaps are filled once it answers; the lists are requested again at intervals",
  },
  "too-large": {
    event: "lists.too-large",
    alarm: true,
    fix: "delete records that are no longer needed: gaps are not filled from a list of that size",
  },
} as const

/** Whether the list may become available in the same session. */
export const canChange = ({ why }: ListRefusal) => why === "unknown" || why === "failed"
