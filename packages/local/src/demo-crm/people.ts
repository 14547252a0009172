import type { HubspotContact } from "./hubspot.ts"

// Numbers that Ofcom reserves for drama: they belong to nobody.
const PEOPLE = [
  ["201", "Grace", "Hopper", "+44 1632 960101"],
  ["202", "Katherine", "Johnson", "+44 1632 960102"],
  ["203", "Charles", "Babbage", "+44 1632 960201"],
  ["204", "Hedy", "Lamarr", "+44 1632 960301"],
  ["205", "Alan", "Turing", "+44 1632 960401"],
  // The contact of the examples, whom `ringback trigger call` calls.
  ["10042", "Ada", "Lovelace", "+45 20 12 34 56"],
] as const

/** The contacts that the demo PBX calls, as stored in a CRM. */
export const people = (): HubspotContact[] =>
  PEOPLE.map(([id, firstname, lastname, phone]) => ({
    id,
    properties: {
      firstname,
      lastname,
      phone,
      email: `${firstname.toLowerCase()}@example.com`,
    },
  }))
