import { startDemoCrm, type DemoCrm } from "@ringback/local/demo-crm/crm-server"
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import type { Browser } from "playwright-core"
import { makeDir } from "../harness/directory.ts"
import { startRingback } from "../harness/ringback.ts"
import { until } from "../harness/until.ts"
import { skip, startBrowser } from "../portal/browser.ts"

const V = "2026-03"

/** A call as the connector logs it. */
async function log(
  crm: DemoCrm,
  uuid: string,
  properties: Record<string, string>,
  contact = "201",
) {
  const ask = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(crm.url + path, {
      method,
      headers: { authorization: `Bearer ${crm.token}`, "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return (await response.json()) as { results?: { id: string }[] }
  }
  await ask("POST", `/crm/properties/${V}/calls`, { name: "ringback_call_id" })
  const input = { idProperty: "ringback_call_id", id: uuid, properties }
  const { results } = await ask("POST", `/crm/objects/${V}/calls/batch/upsert`, { inputs: [input] })
  const path = `/crm/objects/${V}/calls/${results![0]!.id}/associations/default/contacts/${contact}`
  await ask("PUT", path)
}

const answered = (notes = "Number: +441632960101") => ({
  hs_timestamp: "2026-11-26T10:00:00Z",
  hs_call_status: "COMPLETED",
  hs_call_duration: "93000",
  hs_call_body: notes,
})

function makeFile() {
  let kept: string | undefined
  return { read: () => kept, write: (text: string) => void (kept = text) }
}

test("a call stands on its contact, also after another start, and the page says whether it is new", async (t) => {
  const file = makeFile()
  const first = await startDemoCrm(file)
  await log(first, "one", answered("Agent: &#60;b&#62;Bob&#60;/b&#62;<br>Ringback call one"))
  await first.close()
  const crm = await startDemoCrm(file)
  t.after(crm.close)

  const page = await fetch(crm.url)
  const html = await page.text()
  const grace = /<article id="contact-201"[\s\S]*?<\/article>/.exec(html)?.[0] ?? ""
  assert.match(grace, /Answered/)
  assert.match(grace, /1:33/)
  assert.match(grace, /Agent: &lt;b&gt;Bob&lt;\/b&gt;/)
  assert.equal(html.match(/<li /g)?.length, 1)

  const etag = page.headers.get("etag")!
  const again = () => fetch(crm.url, { headers: { "if-none-match": etag } })
  assert.equal((await again()).status, 304)
  await log(crm, "two", answered())
  assert.equal((await again()).status, 200)
})

test("a call that is logged again changes the one that is there", async (t) => {
  const crm = await startDemoCrm(makeFile())
  t.after(crm.close)
  await log(crm, "one", { hs_timestamp: "2026-11-26T10:00:00Z", hs_call_status: "IN_PROGRESS" })
  assert.match(await (await fetch(crm.url)).text(), /On the phone/)
  await log(crm, "one", answered())
  const html = await (await fetch(crm.url)).text()
  assert.doesNotMatch(html, /On the phone/)
  assert.equal(html.match(/<li /g)?.length, 1)
})

test("it takes its own token alone, and answers to no other name", async (t) => {
  const crm = await startDemoCrm(makeFile())
  t.after(crm.close)
  const contacts = `${crm.url}/crm/objects/${V}/contacts`
  assert.equal((await fetch(contacts)).status, 401)
  const wrong = await fetch(contacts, { headers: { authorization: "Bearer another" } })
  assert.equal(wrong.status, 401)
  const { request } = await import("node:http")
  const status = await new Promise((resolve) => {
    request(crm.url, { headers: { host: "evil.example" } }, ({ statusCode, resume }) => {
      void resume
      resolve(statusCode)
    }).end()
  })
  assert.equal(status, 403)
})

describe("npm start's demo CRM", () => {
  let browser: Browser
  before(async () => void (skip || (browser = await startBrowser())))
  after(() => (skip ? undefined : browser.close()))

  test("calls of the demo PBX appear on contacts while one looks", { skip }, async (t) => {
    const ringback = await startRingback(t, { RINGBACK_DATA_DIR: makeDir() })
    const url = await until(() => /Demo CRM\s+(http:\S+)/.exec(ringback.stderr())?.[1])
    const page = await browser.newPage()
    await page.goto(url)
    assert.equal(await page.locator("article").count(), 6)
    const states = async (id: string) =>
      (await page.locator(`#contact-${id} .state`).allTextContents()).join()
    // Without a reload: what the recording says of each, and nothing on whom nobody called.
    for (const [id, state] of [
      ["201", "Answered"],
      ["202", "Answered"],
      ["203", "Busy"],
      ["204", "No answer"],
      ["205", "Failed"],
    ] as const) {
      await until(async () => (await states(id)) === state, { what: `${state} on ${id}` })
    }
    assert.equal(await states("10042"), "")
    await page.setViewportSize({ width: 360, height: 700 })
    assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 360)
    await ringback.kill()
  })
})
