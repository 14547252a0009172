import assert from "node:assert/strict"
import { test } from "node:test"
import { base, oauth, URL_, visitor } from "./endpoint-form-set-up.ts"
import { words } from "./portal.ts"

// What is wrong, and beside which field that is said.
const faults: [kind: string, fields: Record<string, string>, field: string, said: RegExp][] = [
  ["webhook", { url: "http://10.0.0.1/" }, "url", /https|private|address/],
  ["webhook", { url: URL_, filter: "{" }, "filter", /object|Object/i],
  ["webhook", { url: URL_, filter: '{"a..b": [1]}' }, "filter", /dotted path/],
  ["webhook", { url: URL_, transform: '{"text": ' }, "transform", /is not valid JSONata/],
  ["webhook", { url: URL_, rateLimit: "many" }, "rateLimit", /number/i],
  ["webhook", { url: URL_, headers: "host: x" }, "headers", /host/],
  ["webhook", { url: URL_, secret: "whsec_short" }, "secret", /base64/],
  ["webhook", { url: URL_, which: "some", patterns: "campain.*" }, "", /campaign|no event type/],
  ["webhook", { url: URL_, auth: "bearer" }, "auth-token", /length|least|empty/i],
  [
    "webhook",
    {
      url: URL_,
      auth: "client_credentials",
      "auth-tokenUrl": "http://10.0.0.1/",
      "auth-clientId": "c",
      "auth-clientSecret": "s",
    },
    "auth-tokenUrl",
    /not a public address/,
  ],
  ["hubspot", { auth: "bearer" }, "auth-token", /length|least|empty/i],
  ["hubspot", { auth: "bearer", "auth-token": "t", country: "dk" }, "country", /capital letters/],
  ["hubspot", { auth: "bearer", "auth-token": "t", map: "{" }, "map", /is not valid JSONata/],
  ["salesforce", { auth: "client_credentials", ...oauth, instanceUrl: "" }, "instanceUrl", /org/],
  [
    "salesforce",
    {
      auth: "client_credentials",
      ...oauth,
      instanceUrl: "https://acme.my.salesforce.com",
      timeZone: "Mars/Olympus",
    },
    "timeZone",
    /must be a zone/,
  ],
  ["pipedrive", { auth: "bearer", "auth-token": "t" }, "companyDomain", /must be the acme/],
  [
    "pipedrive",
    { auth: "bearer", "auth-token": "t", companyDomain: "acme", "disposition-busy": "no" },
    "disposition-busy",
    /busy|connected/,
  ],
  [
    "zoho",
    { auth: "refresh_token", ...oauth, callIdField: "1 x" },
    "callIdField",
    /field's API name/,
  ],
]
for (const [kind, fields, field, said] of faults) {
  test(`${kind}: what is wrong with ${field || "event types"} (${JSON.stringify(fields).slice(0, 60)}) stands beside it`, async () => {
    const sent = { kind, companyDomain: "", ...fields }
    const { status, text } = await visitor.post(`${base}/endpoints/new`, sent)
    assert.equal(status, 400)
    const beside =
      field === "" ? /<p class="error">([^<]*)/ : new RegExp(`id="${field}-error">([^<]*)`)
    assert.match(words(beside.exec(text)?.[1] ?? ""), said)
    // The note above names what has no place of its own, and this has one.
    assert.doesNotMatch(/role="alert">([^]*?)<\/div>/.exec(text)![1]!, /<li>/)
    for (const value of Object.values(fields).filter((each) => each.startsWith("https")))
      assert.ok(text.includes(`value="${value}"`), "what was right is still there")
  })
}
