import { EQUIVALENTS, type Equivalent } from "./known-equivalents.ts"
import type { Mutant } from "./mutants.ts"

const used = new Set<Equivalent>()

/** The entry for this mutant, if it has one; `file` is relative to the root, `line` as the source has it. */
export function findEquivalent(
  file: string,
  line: string,
  { what }: Pick<Mutant, "what">,
): Equivalent | undefined {
  const found = EQUIVALENTS.find(
    (each) =>
      each.file === file &&
      each.line === line.trim() &&
      (typeof each.what === "string" ? each.what === what : each.what.test(what)),
  )
  if (found) used.add(found)
  return found
}

/** What has matched no mutant of these files. */
export const staleEquivalents = (files: readonly string[]) =>
  EQUIVALENTS.filter((each) => files.includes(each.file) && !used.has(each))
