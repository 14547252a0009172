/** The user has no right to it; or the dialler's module is not loaded (yet), so that the PBX does not know the action. */
export type ListRefusal = "denied" | "unknown"

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
    mend: "load res_outbound.so: until then no gap is filled; the lists are asked for again when it is loaded",
  },
} as const
