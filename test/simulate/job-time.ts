import { assumed } from "./aws/assumptions.ts"
import type { JobCount } from "./counted/count.ts"

/** A counted job in one chain of pages: its CPU, and what it waits for the table. */
export const msOf = ({ cpuMs, rounds }: JobCount): number =>
  cpuMs / assumed("jobsCores") + rounds * assumed("tableMs")
