import type { Admin } from "./admin.ts"
import type { DataDir } from "./data-dir.ts"

/**
 * A tenant and its source that this data directory created once and keeps, with the token of its
 * collector.
 */
export type KeptSource = { tenant: string; source: string; token: string }

type Made = { id: string }

/** Both are named `name`. The file has their ids. They are created again if they were deleted. */
export async function keepSource(admin: Admin, dir: DataDir, name: string): Promise<KeptSource> {
  const file = `${name}.json`
  const text = dir.read(file)
  if (text !== undefined) {
    const kept = JSON.parse(text) as KeptSource
    if (await admin.call("GET", `/tenants/${kept.tenant}/sources/${kept.source}`)) return kept
  }
  const tenant = (await admin.call<Made>("POST", "/tenants", { name }))!.id
  const made = await admin.call<Made & { token: string }>("POST", `/tenants/${tenant}/sources`, {
    name,
  })
  const kept = { tenant, source: made!.id, token: made!.token }
  dir.write(file, JSON.stringify(kept))
  return kept
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
