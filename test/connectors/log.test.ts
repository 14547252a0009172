import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { kinds, type Kind } from "@ringback/connectors/kinds"
import { outcomes } from "@ringback/events/call-outcome"
import { EXPECTED, FIELDS } from "./expected.ts"
import { callWebhook, idIn, logOn, nothing, openAccount, settingsOf } from "./account.ts"

const ADA = { id: "101", phone: "+45 20 12 34 56" }
const UUID = "7d0c4a50-5b1e-4f6a-9c3d-000000000001"

const unanswered = { answeredAt: null, ringSeconds: 38, talkSeconds: 0 }

const KEYS: Record<Kind, string> = {
  hubspot: "ringback_call_id",
  salesforce: "Ringback_Call_Id__c",
  pipedrive: "person_id",
  zoho: "Ringback_Call_Id",
}

for (const kind of kinds) {
  describe(kind, () => {
    for (const outcome of outcomes) {
      test(`a call that ended ${outcome} is logged so`, async () => {
        const account = openAccount(kind, [ADA])
        const data = outcome === "answered" ? {} : { outcome, ...unanswered }
        const end = await logOn(account, settingsOf(kind), callWebhook(data))
        assert.equal(end.end, "logged", end.words)
        assert.deepEqual(account.problems, [])
        const [activity, ...more] = account.activities()
        assert.ok(activity)
        assert.equal(more.length, 0)
        assert.equal(activity.contact, idIn(kind, ADA.id))
        const names = FIELDS[kind]
        assert.deepEqual(
          [activity.text[names.status], activity.text[names.disposition]],
          EXPECTED[kind][outcome],
        )
        if (["rejected", "congestion", "failed"].includes(outcome))
          assert.match(String(activity.text[names.note]), new RegExp(`Outcome: ${outcome}`))
      })
    }

    test("an end that was not heard counts as not answered, and its note says so", async () => {
      const account = openAccount(kind, [ADA])
      const data = { outcome: null, answeredAt: null, talkSeconds: null, ringSeconds: null }
      assert.equal((await logOn(account, settingsOf(kind), callWebhook(data))).end, "logged")
      const [{ text } = { text: {} as Record<string, unknown> }] = account.activities()
      const names = FIELDS[kind]
      assert.deepEqual([text[names.status], text[names.disposition]], EXPECTED[kind]["no_answer"])
      assert.match(String(text[names.note]), /end of the call was not heard/)
    })

    test("the tenant's own words for outcomes go before the usual ones", async () => {
      const account = openAccount(kind, [ADA])
      const word = {
        hubspot: "g-u-i-d",
        salesforce: "Spoke",
        pipedrive: "left_message",
        zoho: "Interested",
      }
      const settings = settingsOf(kind, { dispositions: { answered: word[kind] } })
      await logOn(account, settings, callWebhook())
      assert.equal(account.activities()[0]?.text[FIELDS[kind].disposition], word[kind])
    })

    test("what comes again changes the one activity", async () => {
      const account = openAccount(kind, [ADA])
      for (const memory of [nothing(), nothing()])
        assert.equal(
          (await logOn(account, settingsOf(kind), callWebhook(), { memory })).end,
          "logged",
        )
      assert.equal(account.activities().length, 1)
    })

    test("what comes later updates it", async () => {
      const account = openAccount(kind, [ADA])
      const memory = nothing()
      const settings = settingsOf(kind)
      await logOn(account, settings, callWebhook({ campaign: { uuid: null, name: "old" } }), {
        memory,
      })
      await logOn(account, settings, callWebhook({ campaign: { uuid: null, name: "new" } }), {
        memory,
      })
      const [activity, ...more] = account.activities()
      assert.equal(more.length, 0)
      assert.match(String(activity?.text[FIELDS[kind].subject]), /new/)
    })

    test("fields of the map are set, and the key stays", async () => {
      const account = openAccount(kind, [ADA])
      const field = FIELDS[kind].subject
      const own = { [field]: "Renewal", [KEYS[kind]]: "x" }
      await logOn(account, settingsOf(kind), callWebhook(), { fields: own })
      assert.equal(account.activities()[0]?.text[field], "Renewal")
      await logOn(account, settingsOf(kind), callWebhook())
      assert.equal(account.activities().length, 1)
    })

    if (kind === "zoho") return
    test("a running call is shown and then ended, in one activity", async () => {
      const account = openAccount(kind, [ADA])
      const memory = nothing()
      const settings = settingsOf(kind, { live: true })
      const running = callWebhook({ moment: "answered" })
      assert.equal((await logOn(account, settings, running, { memory })).end, "logged")
      const [{ text: before } = { text: {} as Record<string, unknown> }] = account.activities()
      assert.equal(
        before[FIELDS[kind].status],
        { hubspot: "IN_PROGRESS", salesforce: "In Progress", pipedrive: false }[kind],
      )
      assert.equal((await logOn(account, settings, callWebhook(), { memory })).end, "logged")
      const [activity, ...more] = account.activities()
      assert.equal(more.length, 0)
      assert.deepEqual(activity?.text[FIELDS[kind].status], EXPECTED[kind]["answered"]![0])
      assert.deepEqual(account.problems, [])
    })
  })
}

describe("times and durations are those of the call", () => {
  const log = async (kind: Kind, more: object = {}) => {
    const account = openAccount(kind, [ADA])
    await logOn(account, settingsOf(kind, more), callWebhook())
    return account.activities()[0]!.text
  }

  // Started 06:27:02.104 UTC, answered 06:27:10.861, ended 06:27:40.281: 29.42 s of talk.
  test("HubSpot: UTC with a Z, milliseconds", async () => {
    const text = await log("hubspot")
    assert.equal(text["hs_timestamp"], "2026-11-22T06:27:02Z")
    assert.equal(text["hs_call_duration"], "29000")
    assert.equal(text["hs_call_to_number"], "+4520123456")
    assert.equal(text["ringback_call_id"], UUID)
  })

  test("Salesforce: a day of the tenant's, seconds", async () => {
    const text = await log("salesforce", { timeZone: "Pacific/Honolulu" })
    assert.equal(text["ActivityDate"], "2026-11-21")
    assert.equal(text["CallDurationInSeconds"], 29)
    assert.match(String(text["Description"]), /Started: 2026-11-22T06:27:02Z/)
  })

  test("Pipedrive: UTC without a zone, seconds as text", async () => {
    const text = await log("pipedrive")
    assert.equal(text["start_time"], "2026-11-22 06:27:02")
    assert.equal(text["end_time"], "2026-11-22 06:27:40")
    assert.equal(text["duration"], "29")
  })

  test("Zoho: an offset, minutes and seconds", async () => {
    const text = await log("zoho")
    assert.equal(text["Call_Start_Time"], "2026-11-22T06:27:02+00:00")
    assert.equal(text["Call_Duration"], "00:29")
  })
})
