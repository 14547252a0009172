import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { kinds } from "@ringback/connectors/kinds"
import * as Endpoint from "@ringback/store/endpoint"
import { OAUTH, deliverOn, startCrm, tell } from "./crm.ts"
import { settingsOf } from "../connectors/account.ts"
import { startStack, type Stack } from "../harness/stack.ts"

let stack: Stack
before(async () => void (stack = await startStack()))
after(() => stack.close())

// The fields of each CRM that a call's activity is shown by.
const FIELDS = {
  hubspot: ["hs_call_title", "hs_call_body"],
  salesforce: ["Subject", "Description"],
  pipedrive: ["subject", "note"],
  zoho: ["Subject", "Description"],
}

for (const kind of kinds) {
  for (const field of FIELDS[kind]) {
    test(`${kind}: calls whose ${field} is of a map that is changed are changed by a replay, not logged again`, async (t) => {
      const mapTo = (word: string) => JSON.stringify({ [field]: word })
      const contacts = [{ id: "101", phone: "+4520123456" }]
      const world = await startCrm(t, stack, kind, contacts, { map: mapTo("first") })
      const uuids = [1, 2].map((index) => `7d0c4a50-5b1e-4f6a-9c3d-00000000007${index}`)
      const send = async () => {
        for (const uuid of uuids) {
          const delivery = await deliverOn(world, tell(world, { uuid }))
          assert.equal(delivery?.status, "delivered", JSON.stringify(delivery?.attempts))
        }
        const texts = world.account.activities().map(({ text }) => String(text[field]))
        assert.equal(texts.length, uuids.length)
        return texts
      }
      for (const text of await send()) assert.match(text, /first/)
      const { auth, ...connector } = settingsOf(kind, { auth: OAUTH[kind], map: mapTo("second") })
      const { tenant } = world.customer
      await Endpoint.update(world.deps.table, tenant, world.endpointId, { connector })
      world.clock.now += 60_000
      for (const text of await send()) assert.match(text, /second/)
      // As with other credentials for the same account: what was known is forgotten.
      const { auth: renewed, ...same } = settingsOf(kind, {
        auth: { ...OAUTH[kind], ...(kind === "salesforce" ? {} : { refreshToken: "refresh-1" }) },
        map: mapTo("third"),
      })
      assert.ok(auth)
      const changes = { auth: renewed, connector: same }
      await Endpoint.update(world.deps.table, tenant, world.endpointId, changes)
      world.clock.now += 60_000
      for (const text of await send()) assert.match(text, /third/)
    })
  }
}
