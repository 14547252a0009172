import type { Mutant } from "./mutants.ts"

/** A mutant that changes nothing anybody could see, and why. `line` is the source's line, trimmed. */
type Equivalent = { file: string; line: string; what: string | RegExp; reason: string }

/** Left out of a run and counted apart. An entry whose line has gone is named by the run, and is to be removed. */
export const EQUIVALENTS: readonly Equivalent[] = []

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
