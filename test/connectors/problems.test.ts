import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { checkSteps, kinds, logSteps, type Kind } from "@ringback/connectors/kinds"
import { requestsOf } from "@ringback/connectors/run"
import type { Answer } from "@ringback/connectors/step"
import { callWebhook, logOn, nothing, openAccount, settingsOf, take } from "./account.ts"

const ADA = { id: "101", phone: "+4520123456" }

const answer = (statusCode: number, body: unknown = null, headers = {}): Answer => ({
  statusCode,
  headers,
  body,
})

// Bodies as crm's own documents and adapters show them.
const REFUSALS: [Kind, string, Answer, { words: RegExp; waitMs?: number }][] = [
  [
    "hubspot",
    "a token that is wrong",
    answer(401, { status: "error", message: "Authentication credentials not found." }),
    { words: /check connector\.auth: Authentication credentials/ },
  ],
  [
    "hubspot",
    "a right that is missing",
    answer(403, { category: "MISSING_SCOPES", message: "This app hasn't been granted all" }),
    { words: /needs the scopes crm\.objects\.contacts\.read/ },
  ],
  [
    "hubspot",
    "ten seconds' worth of requests",
    answer(429, { policyName: "TEN_SECONDLY_ROLLING", message: "You have reached" }),
    { words: /429/, waitMs: 10_000 },
  ],
  [
    "hubspot",
    "the search's own limit",
    answer(429, { message: "You have reached your secondly limit." }),
    { words: /secondly limit/, waitMs: 1_000 },
  ],
  [
    "hubspot",
    "the day's requests",
    answer(429, { policyName: "DAILY", message: "You have reached your daily limit." }),
    { words: /daily limit/, waitMs: 3_600_000 },
  ],
  [
    "hubspot",
    "a time to wait",
    answer(429, {}, { "retry-after": "7" }),
    { words: /429/, waitMs: 7_000 },
  ],
  ["hubspot", "an outage", answer(502, "<html>"), { words: /refused to .* \(502\)/ }],
  [
    "salesforce",
    "a session that ended",
    answer(401, [{ message: "Session expired or invalid", errorCode: "INVALID_SESSION_ID" }]),
    { words: /check connector\.auth: Session expired/ },
  ],
  [
    "salesforce",
    "the org's day used up",
    answer(403, [
      { message: "TotalRequests Limit exceeded.", errorCode: "REQUEST_LIMIT_EXCEEDED" },
    ]),
    { words: /TotalRequests Limit exceeded/, waitMs: 3_600_000 },
  ],
  [
    "salesforce",
    "a right that is missing",
    answer(403, [{ message: "insufficient access", errorCode: "INSUFFICIENT_ACCESS" }]),
    { words: /the user of connector\.auth may not do that/ },
  ],
  [
    "pipedrive",
    "a token that is wrong",
    answer(401, { success: false, error: "unauthorized access", errorCode: 401 }),
    { words: /check connector\.auth: unauthorized access/ },
  ],
  [
    "pipedrive",
    "a burst",
    answer(429, { error: "too many" }, { "x-ratelimit-reset": "2" }),
    { words: /429/, waitMs: 2_000 },
  ],
  [
    "pipedrive",
    "the day's tokens used up",
    answer(
      429,
      { error: "too many" },
      { "x-daily-ratelimit-token-remaining": "0", "retry-after": "3" },
    ),
    { words: /429/, waitMs: 3_600_000 },
  ],
  [
    "pipedrive",
    "an address that is blocked",
    answer(403, "<html>"),
    { words: /blocked/, waitMs: 600_000 },
  ],
  [
    "zoho",
    "a token that is wrong",
    answer(401, { code: "INVALID_TOKEN", message: "invalid oauth token" }),
    { words: /check connector\.auth: invalid oauth token/ },
  ],
  [
    "zoho",
    "a scope that is missing",
    answer(401, { code: "OAUTH_SCOPE_MISMATCH", message: "invalid oauth scope" }),
    { words: /needs the scopes ZohoCRM/ },
  ],
  [
    "zoho",
    "too many at once",
    answer(429, { code: "TOO_MANY_REQUESTS", message: "slow down" }),
    { words: /TOO_MANY_REQUESTS/, waitMs: 10_000 },
  ],
  [
    "zoho",
    "a record that is refused",
    answer(400, {
      data: [
        { code: "INVALID_DATA", message: "invalid data", details: { api_name: "Call_Result" } },
      ],
    }),
    { words: /INVALID_DATA\): invalid data \(field Call_Result\)/ },
  ],
]

describe("what a CRM refuses is said in a tenant's words", () => {
  for (const [kind, what, refusal, expected] of REFUSALS) {
    test(`${kind}: ${what}`, async () => {
      const settings = settingsOf(kind)
      const steps = logSteps({ webhook: callWebhook(), settings, fields: {}, memory: nothing() })
      const end = await take(openAccount(kind, [ADA]), settings, steps, nothing(), () => refusal)
      assert.equal(end.end, "failed")
      assert.match(end.words, expected.words)
      assert.equal("waitMs" in end ? end.waitMs : undefined, expected.waitMs)
    })
  }

  test("HubSpot: the property was deleted after it was made: it is made anew", async () => {
    const account = openAccount("hubspot", [ADA])
    const memory = nothing()
    memory.endpoint = { hasKey: "yes" }
    const end = await logOn(account, settingsOf("hubspot"), callWebhook(), { memory })
    assert.equal(end.end, "logged", end.words)
    assert.equal(account.activities().length, 1)
  })

  test("HubSpot: a property that is not there is named", async () => {
    const end = await logOn(openAccount("hubspot", [ADA]), settingsOf("hubspot"), callWebhook(), {
      fields: { region: "north" },
    })
    assert.equal(end.end, "failed")
    assert.match(end.words, /Property "region" does not exist/)
  })
})

for (const kind of kinds) {
  test(`${kind}: a check signs in, reads, and writes nothing`, async () => {
    const account = openAccount(kind, [ADA])
    const settings = settingsOf(kind)
    const methods = new Set<string>()
    const end = await take(account, settings, checkSteps(settings), nothing(), (request, ask) => {
      methods.add(request.method)
      return ask()
    })
    assert.equal(end.end, "logged", end.words)
    assert.match(end.words, /signed in/)
    assert.deepEqual([...methods], ["GET"])
    assert.deepEqual(account.problems, [])
  })

  test(`${kind}: the requests that a preview shows are those that are made`, async () => {
    const account = openAccount(kind, [ADA])
    const settings = settingsOf(kind, { match: "phone" })
    const about = { webhook: callWebhook(), settings, fields: {}, memory: nothing() }
    const shown = requestsOf(logSteps(about)).map(({ method, purpose }) => `${method} ${purpose}`)
    const made: string[] = []
    await take(account, settings, logSteps(about), nothing(), ({ method, purpose }, ask) => {
      made.push(`${method} ${purpose}`)
      return ask()
    })
    assert.deepEqual(shown, made)
  })
}

test("Zoho: a field that is missing or allows duplicates is named, with what to make", async () => {
  const settings = settingsOf("zoho", { callIdField: "Elsewhere" })
  const end = await logOn(openAccount("zoho", [ADA]), settings, callWebhook())
  assert.equal(end.end, "failed")
  assert.match(end.words, /no field Elsewhere: make it .* 'Do not allow duplicate values'/)
})

test("Salesforce: a field that Activity does not have is named", async () => {
  const settings = settingsOf("salesforce", { callIdField: "Elsewhere__c" })
  const account = openAccount("salesforce", [ADA])
  assert.match(
    (await logOn(account, settings, callWebhook())).words,
    /check connector\.callIdField/,
  )
  const end = await take(account, settings, checkSteps(settings))
  assert.match(end.words, /Activity has no field Elsewhere__c/)
})

test("an event that is no call of a CRM's is skipped", async () => {
  const end = await logOn(
    openAccount("hubspot", [ADA]),
    settingsOf("hubspot"),
    callWebhook({ moment: "started" }),
  )
  assert.equal(end.end, "skipped")
})
