import { createHash } from "node:crypto"
import type { Kept } from "@ringback/connectors/step"
import * as Connector from "@ringback/store/connector"
import type { OutboundDeps } from "./deps.ts"

// Longer than an attempt can take, including fetching a token.
export const LEASE_MS = 45_000

/** Another attempt works on the same person. */
export class BusyPersonError extends Error {
  constructor() {
    super("another attempt is making a contact for the same person")
  }
}

/**
 * The person of a call, for whom a contact is made in the CRM: by one attempt at a time, and once
 * for all calls of the endpoint to that person.
 */
export function makePeople({ table }: Pick<OutboundDeps, "table">, call: Connector.LoggedCall) {
  let person: Connector.LoggedCall | undefined
  let hash: string | undefined
  return {
    /** What is kept of the person. Throws BusyPersonError. */
    async begin(name: string): Promise<Kept> {
      hash = createHash("sha256").update(name.toWellFormed()).digest("base64url")
      const asked = { ...call, uuid: hash, isPerson: true }
      const begun = await Connector.begin(table, asked, LEASE_MS)
      if (begun.outcome === "busy") throw new BusyPersonError()
      person = asked
      return begun.kept
    },
    async keep(kept: Kept): Promise<void> {
      if (person) await Connector.keepCall(table, person, kept)
    },
    /** The call was erased in the meantime. */
    async empty(): Promise<void> {
      if (person) await Connector.emptyPerson(table, person)
    },
    /** What the call's own memory says of the person: an erasure of the call finds it by that. */
    noteIn: (): Kept => (hash === undefined ? {} : { person: hash }),
    async end(): Promise<void> {
      if (person) await Connector.end(table, person, undefined)
    },
  }
}
