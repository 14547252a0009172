import assert from "node:assert/strict"
import { test } from "node:test"
import type { HeaderPair } from "@ringback/events/header"
import { namedIn, namedInCall } from "@ringback/events/named"

const SAID: HeaderPair[] = [
  ["Uuid", "u"],
  ["DlListUuid", "row"],
  ["DialingUuid", "dialing"],
  ["UKey", "10042"],
]
const of = (event: string, headers: HeaderPair[] = SAID) => namedIn([["Event", event], ...headers])

test("a dialing names its row, a row its dialing and its own key, all others themselves alone", () => {
  assert.deepEqual(of("OutDialingUpdate"), { subject: "u", linked: "row", contactKey: null })
  assert.deepEqual(of("OutDlListCreate"), {
    subject: "u",
    linked: "dialing",
    contactKey: "10042",
  })
  for (const event of ["OutCampaignUpdate", "OutDlmaDelete", "OutQueueCreate"])
    assert.deepEqual(of(event), { subject: "u", linked: null, contactKey: null }, event)
  assert.deepEqual(of("Hangup", [["Uniqueid", "1.2"], ...SAID]), {
    subject: "1.2",
    linked: null,
    contactKey: null,
  })
  assert.deepEqual(namedIn([["Response", "Success"]]), {
    subject: null,
    linked: null,
    contactKey: null,
  })
})

test("what is missing, in whichever way, is not named", () => {
  const none = { subject: null, linked: null, contactKey: null }
  for (const word of ["", "<unknown>", "(null)"]) {
    const headers = SAID.map(([name]): HeaderPair => [name, word])
    assert.deepEqual(of("OutDlListUpdate", headers), none)
    assert.deepEqual(of("OutDialingUpdate", headers), none)
  }
})

test("a call's data names its dialing, and the contact with its key", () => {
  const contact = { uuid: "row", key: "10042", name: "Ada" }
  assert.deepEqual(namedInCall({ uuid: "u", contact }), {
    subject: "u",
    linked: "row",
    contactKey: "10042",
  })
  const none = { linked: null, contactKey: null }
  for (const data of [{}, { contact: null }, { contact: { uuid: null, key: 7 } }])
    assert.deepEqual(namedInCall({ uuid: "u", ...data }), { subject: "u", ...none })
  assert.deepEqual(namedInCall({ uuid: 5 }), { subject: null, ...none })
})
