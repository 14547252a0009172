import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { serveCrm, type CrmServer } from "../crm/server.ts"
import { answer, startReceiver, type TestReceiver } from "../harness/receiver.ts"
import { startPortal, type TestPortal } from "./portal.ts"
import { asText, ASKED, evil, FORM, sign, STORED } from "./xss-fields.ts"
import { fill } from "./xss-tenant.ts"
import { type Answered, visitAll } from "./xss-visits.ts"

// Every text that somebody else decides, and that a page may show: a script in it is shown as a text, and is nowhere markup.

let portal: TestPortal
let receiver: TestReceiver
let crm: CrmServer
/** Every page that was answered, whatever it was asked. */
let pages: Answered[]
before(async () => {
  receiver = await startReceiver()
  receiver.behave(({ path }, response) =>
    answer(response, 500, {}, evil(path === "/test" ? "receiver.test" : "receiver.body")),
  )
  crm = await serveCrm(() => ({ status: 400, body: { message: evil("crm.body") } }))
  portal = await startPortal({ crmUrls: { hubspot: crm.url } })
  const ids = await fill(portal, { receiverUrl: receiver.url, crmUrl: crm.url })
  pages = await visitAll(await portal.signIn(), ids)
})
after(async () => {
  await receiver.close()
  await crm.close()
  await portal.close()
})

const isMarkup = (text: string) =>
  /<script(?! src="\/portal\/assets\/)|<img|onerror="at|onmouseover="at|<\/textarea>'?<\/pre>/.exec(
    text,
  )

for (const field of STORED) {
  test(`${field}: a script in it is shown, as a text`, () => {
    const shown = pages.filter(({ text }) => text.includes(asText(field)))
    assert.ok(shown.length > 0, `shown on ${shown.length} pages`)
    for (const { at, text } of pages) assert.ok(!text.includes(sign(field)), at)
  })
}
for (const field of FORM) {
  test(`the form's ${field}: a script in it is shown again, as a text`, () => {
    const name = `form.${field}`
    const shown = pages.filter(({ text }) => text.includes(asText(name)))
    assert.ok(shown.length > 0, `shown on ${shown.length} pages`)
    for (const { at, text } of pages) assert.ok(!text.includes(sign(name)), at)
  })
}
for (const field of ASKED) {
  test(`an address's ${field}: a script in it becomes no markup`, () => {
    for (const { at, text } of pages) assert.ok(!text.includes(sign(`query.${field}`)), at)
  })
}

test("no page has markup that is not the portal's", () => {
  assert.ok(pages.length > 150, `${pages.length} pages`)
  for (const { at, text } of pages) assert.equal(isMarkup(text)?.[0], undefined, at)
})

test("the table has every field of the endpoint form", async () => {
  const names = new Set<string>()
  for (const { at, text } of pages) {
    if (!at.includes("/endpoints/new?")) continue
    for (const [, each] of text.matchAll(/name="([^"]+)"/g)) names.add(each!)
  }
  // Chosen, not written: the API refuses any other value, and what is shown again is the form's own.
  const chosen =
    /^(kind|once|auth|which|eventTypes|sources|signing|order|event|match|create|several|live|dataCenter|viewport|color-scheme|htmx-config)$/
  const written = [...names].filter((each) => !chosen.test(each))
  const known = new Set([...FORM, "disposition-no_answer", "disposition-rejected"])
  for (const each of ["disposition-congestion", "disposition-failed"]) known.add(each)
  assert.deepEqual(
    written.filter((each) => !known.has(each)),
    [],
  )
})
