import type { Collector } from "@ringback/collector/collector"
import { formatSourceToken } from "@ringback/events/token"
import * as Source from "@ringback/store/source"
import type { Table } from "@ringback/store/table"
import type { Admin } from "./admin.ts"
import type { DataDir } from "./data-dir.ts"

/**
 * A tenant and its source that this data directory created once and keeps, with the newest token of
 * its collector.
 */
export type KeptSource = { tenant: string; source: string; token: string }

type Made = { id: string }
type Files = Pick<DataDir, "read" | "write">

/**
 * Both are named `name`. The file has their ids. The one that was deleted is created again, and a
 * token that was rotated since is replaced by the newest.
 */
export async function keepSource(
  admin: Admin,
  table: Table,
  dir: Files,
  name: string,
): Promise<KeptSource> {
  const file = `${name}.json`
  const text = dir.read(file)
  const kept = text === undefined ? undefined : (JSON.parse(text) as KeptSource)
  const hasTenant = kept && (await admin.call("GET", `/tenants/${kept.tenant}`)) !== undefined
  const tenant = hasTenant
    ? kept.tenant
    : (await admin.call<Made>("POST", "/tenants", { name }))!.id
  // The source of a deleted tenant is there until its erasure has come to it.
  const token = hasTenant ? await newestToken(table, kept) : undefined
  const next = token
    ? { tenant, source: kept!.source, token }
    : await admin
        .call<Made & { token: string }>("POST", `/tenants/${tenant}/sources`, { name })
        .then((made) => ({ tenant, source: made!.id, token: made!.token }))
  const changed = JSON.stringify(next)
  if (changed !== text) dir.write(file, changed)
  return next
}

/** Undefined if the source was deleted. */
async function newestToken(
  table: Table,
  { tenant, source }: Pick<KeptSource, "tenant" | "source">,
): Promise<string | undefined> {
  const found = await Source.get(table, tenant, source, { consistent: true })
  const [newest] = found ? Source.keysOf(table, found) : []
  return newest && formatSourceToken({ tenant, source, ...newest })
}

export type KeptCollector = {
  kept: KeptSource
  collector: Pick<Collector, "reload">
}

/**
 * To be called after a request that may have rotated the source's token or deleted the source: the
 * queue accepts messages signed with any token, so a collector does not notice it.
 */
export async function renewToken(
  table: Table,
  { kept, collector }: KeptCollector,
  output: { say: (line: string) => void; warn: (line: string) => void },
): Promise<void> {
  const token = await newestToken(table, kept)
  if (token === undefined) {
    output.warn(
      `Source ${kept.source} was deleted: the events of its PBX are discarded. The next start creates another one.`,
    )
  } else if (token !== kept.token) {
    await collector.reload({ sourceToken: token })
    kept.token = token
    output.say(`The token of source ${kept.source} was rotated. The collector uses the new one.`)
  }
}

/** Whether a request may have changed it, through the API or the portal. */
export function concerns({ tenant, source }: KeptSource, { method, url }: Request): boolean {
  if (method === "GET") return false
  // Ids can be percent-encoded.
  const path = decode(new URL(url).pathname)
  return path.includes(source) || new RegExp(`${tenant}(/delete)?/?$`).test(path)
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

const DEMO_CRM = "The demo CRM of npm start"

/** The demo's connector, with the demo CRM's current token. */
export async function keepConnector(admin: Admin, { tenant }: KeptSource, token: string) {
  const path = `/tenants/${tenant}/endpoints`
  const connector = { kind: "hubspot", auth: { type: "bearer", token }, live: true }
  const found = await findEndpoint(admin, path, DEMO_CRM)
  if (found) await admin.call("PATCH", `${path}/${found.id}`, { connector, disabled: false })
  else await admin.call("POST", path, { connector, description: DEMO_CRM })
}

/** The demo's endpoint, updated to the receiver's current URL. Returns its secret. */
export async function keepEndpoint(admin: Admin, { tenant }: KeptSource, url: string) {
  const path = `/tenants/${tenant}/endpoints`
  const settings = { url, description: "The receiver of npm start" }
  const found = await findEndpoint(admin, path, settings.description)
  if (!found) return (await admin.call<{ secret: string }>("POST", path, settings))!.secret
  await admin.call("PATCH", `${path}/${found.id}`, { url, disabled: false })
  return (await admin.call<{ secret: string }>("GET", `${path}/${found.id}/secret`))!.secret
}

async function findEndpoint(admin: Admin, path: string, wanted: string) {
  type Described = Made & { description: string | null }
  const list = await admin.call<{ data: Described[] }>("GET", `${path}?limit=250`)
  return list?.data.find(({ description }) => description === wanted)
}
