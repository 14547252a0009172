import { randomUUID } from "node:crypto"
import type { DemoCrm } from "@ringback/local/demo-crm/crm-server"
import type { Page } from "playwright-core"
import { open, type Flow } from "./flow-steps.ts"
import { sayCall } from "./say.ts"

// Ada Lovelace's, in the demo CRM that `npm start` runs.
const NUMBER = "+4520123456"

/** Adds the demo CRM, with a wrong token first. */
export async function connectCrm({ page }: Flow, crm: DemoCrm) {
  await open(page, "Endpoints")
  await page.getByRole("link", { name: "Add an endpoint" }).first().click()
  await page.getByRole("link", { name: "HubSpot", exact: true }).click()
  await page.getByLabel("Name", { exact: true }).fill("Our CRM")
  await page.getByLabel("Token", { exact: true }).fill("pat-bad")
  await page.getByRole("button", { name: "Add endpoint" }).click()
  await page.getByRole("button", { name: "Run the test" }).click()
  await page.getByText("The test failed:").waitFor()
  await page.getByRole("link", { name: "Edit" }).first().click()
  await page.getByLabel("Bearer token", { exact: true }).check()
  await page.getByLabel("Token", { exact: true }).fill(crm.token)
  await page.getByRole("button", { name: "Save" }).click()
  await page.getByText("Saved.").waitFor()
  await page.getByRole("button", { name: "Send test" }).click()
  await page.getByText("Signed in to HubSpot.").waitFor()
}

/** A call of the PBX with that token, in the CRM and in the portal. `crmPage`: an empty one. */
export async function seeCallInCrm(
  { page, served, work, hasScripts }: Flow,
  { crm, crmPage, tenant, token }: { crm: DemoCrm; crmPage: Page; tenant: string; token: string },
) {
  await crmPage.goto(crm.url)
  const ada = crmPage.getByRole("article", { name: "Ada Lovelace" })
  const callsBefore = await ada.getByRole("listitem").count()
  const uuid = randomUUID()
  await sayCall(served.api, token, { uuid, number: NUMBER })
  await work()
  if (!hasScripts) await crmPage.reload()
  const newest = ada.getByRole("listitem").nth(callsBefore)
  await newest.getByText("Answered").waitFor()
  await ada.getByText("Answered").first().click()
  await ada.getByText(uuid).waitFor()
  await crmPage.close()
  await page.goto(`${served.url}/portal/${tenant}/calls/${uuid}`)
  await page.getByRole("link", { name: "Our CRM" }).first().waitFor()
  await open(page, "Deliveries")
  const toCrm = page.getByRole("row", { name: /Our CRM/ })
  await toCrm.getByRole("link", { name: "call.completed" }).click()
  await page.getByText(/batch\/upsert$/).waitFor()
  await page.getByRole("region", { name: "Request 1" }).waitFor()
}
