/** What a check found. `WRONG`: cannot be reached or used. `MISSING`: without it no event comes. */
export type Finding = {
  is: "ok" | "could be better" | "WRONG" | "MISSING"
  what: string
  mend?: string
}
