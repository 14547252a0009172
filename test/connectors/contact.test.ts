import assert from "node:assert/strict"
import { describe, test } from "node:test"
import * as v from "valibot"
import { ConnectorSettings, kinds, logSteps } from "@ringback/connectors/kinds"
import {
  callWebhook,
  idIn,
  logOn,
  nothing,
  openAccount,
  settingsOf,
  take,
  type Who,
} from "./account.ts"

const contact = (key: string | null, email: string | null = null) => ({
  contact: { uuid: "r-1", key, name: "Ada Lovelace", detail: null, email },
})

test("a field to match by may begin with a digit, as Pipedrive's keys do, and has no other signs", () => {
  const isGood = (field: string) => {
    const settings = { ...settingsOf("pipedrive"), match: `externalId:${field}` }
    return v.safeParse(ConnectorSettings, settings).success
  }
  for (const field of ["9dc80c50d78a15643bfc4ca79d76156a73a1ca0e", "Customer_Number__c", "dcf5"])
    assert.equal(isGood(field), true, field)
  for (const field of ["", "a/b", "a b", "a.b", "a?b"]) assert.equal(isGood(field), false, field)
})

for (const kind of kinds) {
  describe(`${kind}: the contact`, () => {
    const log = async (people: Who[], more: object, data: Record<string, unknown>) => {
      const account = openAccount(kind, people)
      const end = await logOn(account, settingsOf(kind, more), callWebhook(data))
      assert.deepEqual(account.problems, [])
      return { account, end, on: account.activities().map((each) => each.contact) }
    }

    test("is found by the CRM's own id in the row's key", async () => {
      const people = [{ id: "101" }, { id: "102", phone: "+4520123456" }]
      const { on } = await log(people, {}, contact(idIn(kind, "101")))
      assert.deepEqual(on, [idIn(kind, "101")])
    })

    test("is not looked for by a key that would lead elsewhere in the CRM's API", async () => {
      for (const key of [".", "..", "../../", "..%2F..", "a/b?c#d"]) {
        const account = openAccount(kind, [{ id: "101" }])
        const asked: string[] = []
        const settings = settingsOf(kind, { match: "externalId:customer_number" })
        const steps = logSteps({
          webhook: callWebhook(contact(key)),
          settings,
          fields: {},
          memory: nothing(),
        })
        const end = await take(account, settings, steps, nothing(), (request, ask) => {
          asked.push(new URL(request.path, "https://crm.example").pathname)
          return ask()
        })
        assert.equal(end.end, "skipped", `${key}: ${end.words}`)
        for (const path of asked)
          assert.match(path, /contacts?|persons?|query|properties|settings/i)
        const depths = asked.filter((path) => /contacts?\/|persons?\//i.test(path))
        for (const path of depths) assert.ok(!path.endsWith("/"), path)
        assert.deepEqual(account.problems, [])
      }
    })

    test("is found by phone where the key is no id", async () => {
      const people = [{ id: "101" }, { id: "102", phone: "+45 20 12 34 56" }]
      const { on, end } = await log(people, {}, contact("a key of another system"))
      assert.deepEqual(on, [idIn(kind, "102")], end.words)
    })

    test("is found by a number that either side wrote without the country's code", async () => {
      for (const [stored, dialled] of [
        ["20 12 34 56", "+4520123456"],
        ["+4520123456", "20123456"],
        ["20123456", "004520123456"],
      ] as const) {
        const { on, end } = await log(
          [{ id: "7", mobile: stored }],
          { country: "DK" },
          { number: dialled },
        )
        assert.deepEqual(on, [idIn(kind, "7")], `${stored} ${dialled}: ${end.words}`)
      }
    })

    test("is not the one with the same national number in another country", async () => {
      const people = [
        { id: "1", phone: "+4620123456" },
        { id: "2", phone: "+4520123456" },
      ]
      const { on } = await log(people, { match: "phone" }, {})
      assert.deepEqual(on, [idIn(kind, "2")])
    })

    test("is not guessed where two have the number: none is logged, and the words name both", async () => {
      const people = [
        { id: "1", phone: "+4520123456" },
        { id: "2", mobile: "+4520123456" },
      ]
      const { on, end } = await log(people, {}, {})
      assert.deepEqual(on, [])
      assert.equal(end.end, "skipped")
      assert.match(end.words, new RegExp(`2 contacts .*${idIn(kind, "1")}, ${idIn(kind, "2")}`))
    })

    test("is the first of two where the tenant wants that", async () => {
      const people = [
        { id: "1", phone: "+4520123456" },
        { id: "2", phone: "+4520123456" },
      ]
      const { on } = await log(people, { several: "first" }, {})
      assert.deepEqual(on, [idIn(kind, "1")])
    })

    test("is found by email", async () => {
      const people = [{ id: "1" }, { id: "2", email: "o'ada+x@example.com" }]
      const { on, end } = await log(
        people,
        { match: "email" },
        contact(null, "o'ada+x@example.com"),
      )
      assert.deepEqual(on, [idIn(kind, "2")], end.words)
    })

    test("is found by a field of the tenant's, by its whole value", async () => {
      const people = [
        { id: "1", number: "A-1(7)" },
        { id: "2", number: "A-1(7)9" },
      ]
      const { on, end } = await log(
        people,
        { match: "externalId:customer_number" },
        contact("A-1(7)"),
      )
      assert.deepEqual(on, [idIn(kind, "1")], end.words)
    })

    test("that is not there: skipped, in words that name what was looked for", async () => {
      const { on, end } = await log([{ id: "1", phone: "+4599999999" }], {}, contact("77"))
      assert.deepEqual(on, [])
      assert.equal(end.end, "skipped")
      assert.match(end.words, /77.*; no contact has the number \+4520123456/)
    })

    test("that is not there is made where the tenant wants that, once", async () => {
      const data = contact(null, "ada@example.com")
      const { account, on, end } = await log([], { create: "contact" }, data)
      assert.equal(end.end, "logged", end.words)
      assert.equal(account.contactCount(), 1)
      assert.equal(on.length, 1)
      await logOn(account, settingsOf(kind, { create: "contact" }), callWebhook(data))
      assert.equal(account.contactCount(), 1)
      assert.equal(account.activities().length, 1)
    })

    test("cannot be searched for by a number without a country, and the words name the setting", async () => {
      const { end } = await log([{ id: "1" }], { match: "phone" }, { number: "20123456" })
      assert.equal(end.end, "skipped")
      assert.match(end.words, /set country/)
    })

    test("cannot be searched for by a number of 300 KB, and the words that are stored of it are short", async () => {
      const number = "x".repeat(300_000)
      const { end } = await log([{ id: "1" }], { match: "phone" }, { number })
      assert.equal(end.end, "skipped")
      assert.match(end.words, /^skipped: the number xxx/)
      assert.ok(end.words.length < 1_100, `${end.words.length}`)
    })
  })
}
