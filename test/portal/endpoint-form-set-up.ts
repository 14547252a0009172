import assert from "node:assert/strict"
import { after, before } from "node:test"
import { makeTenant } from "../api/api.ts"
import { startPortal, words, type TestPortal, type Visitor } from "./portal.ts"

export let portal: TestPortal
export let visitor: Visitor
/** The tenant's, in the API and in the portal. */
export let path: string
export let base: string
before(async () => {
  portal = await startPortal()
  const tenant = await makeTenant(portal)
  path = tenant.path
  base = `/portal/${tenant.id}`
  visitor = await portal.signIn(tenant.key)
})
after(() => portal.close())

export const URL_ = "https://example.com/hooks"

/** The endpoint that a form made, as the API has it. */
export async function made(fields: Record<string, string>) {
  const { status, text } = await visitor.post(`${base}/endpoints/new`, fields)
  assert.equal(status, 200, words(text))
  const id = /endpoints\/(ep_[0-9a-z]+)/.exec(text)?.[1] ?? ""
  const { body } = await portal.call(`GET ${path}/endpoints/${id}`)
  return { id, text, body }
}

export const oauth = { "auth-clientId": "c", "auth-clientSecret": "s", "auth-refreshToken": "r" }
/** What is typed into the form of each kind, and the settings that it makes. */
export const connectors: Record<string, [fields: Record<string, string>, settings: object]> = {
  hubspot: [
    {
      auth: "bearer",
      "auth-token": "pat-1",
      match: "externalId",
      matchField: "customer_number",
      country: "DK",
      create: "contact",
      several: "first",
      live: "1",
      map: '{"hs_call_title": data.campaign.name}',
      "disposition-busy": "9d9162e7",
    },
    {
      auth: { type: "bearer", token: null },
      match: "externalId:customer_number",
      country: "DK",
      create: "contact",
      several: "first",
      live: true,
      map: '{"hs_call_title": data.campaign.name}',
      dispositions: { busy: "9d9162e7" },
    },
  ],
  salesforce: [
    {
      auth: "client_credentials",
      ...oauth,
      instanceUrl: "https://acme.my.salesforce.com",
      timeZone: "Europe/Copenhagen",
    },
    {
      auth: {
        type: "oauth2",
        grant: "client_credentials",
        clientId: "c",
        clientSecret: null,
      },
      instanceUrl: "https://acme.my.salesforce.com",
      timeZone: "Europe/Copenhagen",
      callIdField: "Ringback_Call_Id__c",
    },
  ],
  pipedrive: [
    { auth: "refresh_token", ...oauth, companyDomain: "acme", match: "email" },
    { companyDomain: "acme", match: "email", live: false },
  ],
  zoho: [
    { auth: "refresh_token", ...oauth, dataCenter: "eu" },
    { dataCenter: "eu", callIdField: "Ringback_Call_Id" },
  ],
}
