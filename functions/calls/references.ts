import { noReferences, type CallFacts, type Contact, type References } from "@ringback/events/call"
import * as Record from "@ringback/store/record"
import type { Table } from "@ringback/store/table"

const KINDS = { campaign: "campaign", plan: "plan", list: "dlma", contact: "dllist" } as const
type Role = keyof typeof KINDS

/**
 * The last known state of the records that the call refers to, read by one request. A test's call
 * prefers records from tests over those from the PBX.
 */
export async function readReferences(
  table: Table,
  {
    tenant,
    source,
    facts,
    isTest,
  }: { tenant: string; source: string; facts: CallFacts; isTest: boolean },
): Promise<References> {
  const roles = Object.keys(KINDS) as Role[]
  const real = roles.flatMap((role) => {
    const uuid = facts[role]
    return uuid === null ? [] : [{ kind: KINDS[role], source, uuid }]
  })
  const refs = isTest ? [...real.map((ref) => ({ ...ref, test: true })), ...real] : real
  const found = await Record.getMany(table, tenant, refs)
  const records = found.toSorted((left, right) => Number(right.test ?? 0) - Number(left.test ?? 0))
  const known = roles.flatMap((role) => {
    const record = records.find(({ kind, uuid }) => kind === KINDS[role] && uuid === facts[role])
    return record ? [[role, show(role, record)] as const] : []
  })
  return { ...noReferences, ...Object.fromEntries(known) }
}

/** What was read, and of what is stored no more, what was known of it before. */
export function latest(
  read: References,
  before: References | undefined,
  facts: CallFacts,
): References {
  const known = (Object.keys(KINDS) as Role[]).flatMap((role) => {
    const reference = read[role] ?? before?.[role]
    return reference && reference.uuid === facts[role] ? [[role, reference] as const] : []
  })
  return { ...noReferences, ...Object.fromEntries(known) }
}

function show(role: Role, { uuid, data }: Record.Record) {
  const said = data === undefined ? {} : (JSON.parse(data) as { [name: string]: unknown })
  const text = (name: string) => (typeof said[name] === "string" ? said[name] : null)
  if (role !== "contact") return { uuid, name: text("name") }
  const contact: Contact = {
    uuid,
    key: text("uKey"),
    name: text("name"),
    detail: text("detail"),
    email: text("email"),
  }
  return contact
}
