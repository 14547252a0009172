import type { CreationRefused } from "@ringback/store/owned"
import { unknownKey, type Caller } from "./authenticate.ts"
import type { Deps } from "./deps.ts"
import { notFound, ProblemError } from "./problem.ts"

const NAMES = { EP: "endpoints", KEY: "keys", SRC: "sources" } as const

/** The problem if a tenant cannot have another endpoint, key or source. */
export function refusedCreation(
  { kind, reason }: CreationRefused,
  limits: Deps["limits"],
  caller: Caller | undefined,
): ProblemError {
  if (reason === "gone") return caller?.kind === "tenant" ? unknownKey() : notFound("tenant")
  const name = NAMES[kind]
  const detail = `A tenant can have up to ${limits[name]} ${name}: delete one that is not needed.`
  return new ProblemError("limit.reached", detail)
}
