/**
 * A result of `--check`. `WRONG`: unreachable or unusable. `MISSING`: no events arrive without it.
 */
export type Finding = {
  is: "ok" | "could be better" | "WRONG" | "MISSING"
  what: string
  fix?: string
}
