import assert from "node:assert/strict"
import { before, describe, test } from "node:test"
import { checkSteps, logSteps } from "@ringback/connectors/kinds"
import type { Request } from "@ringback/connectors/step"
import { outcomes } from "@ringback/events/call-outcome"
import { IMPORT_LINES, typeProblems, type Typed } from "../crm/client-types.ts"
import { callWebhook, idIn, nothing, openAccount, settingsOf, take } from "./account.ts"

type Checked = "salesforce" | "pipedrive"

const ADA = { id: "101", phone: "+4520123456", email: "ada@example.com", number: "1138" }

/** What a connector asks, in all that it does: it checks, finds, makes, shows, logs and changes. */
async function requestsOf(kind: Checked): Promise<Request[]> {
  const asked: Request[] = []
  const note = (request: Request, ask: () => ReturnType<typeof JSON.parse>) => {
    asked.push(request)
    return ask()
  }
  const checked = settingsOf(kind)
  await take(openAccount(kind, [ADA]), checked, checkSteps(checked), nothing(), note)
  const log = async (more: object, webhooks: unknown[], people = [ADA]) => {
    const settings = settingsOf(kind, more)
    const [account, memory] = [openAccount(kind, people), nothing()]
    for (const webhook of webhooks) {
      const steps = logSteps({ webhook, settings, fields: {}, memory })
      await take(account, settings, steps, memory, note)
    }
  }
  for (const outcome of outcomes) await log({}, [callWebhook({ outcome })])
  await log({}, [callWebhook({ outcome: null, answeredAt: null, talkSeconds: null })])
  await log({ live: true }, [callWebhook({ moment: "answered" }), callWebhook(), callWebhook()])
  await log({ create: "contact" }, [callWebhook()], [])
  for (const match of ["key", "email", "phone", "externalId:customer_number"]) {
    const key = match === "key" ? idIn(kind, ADA.id) : ADA.number
    const contact = { uuid: "r-1", key, name: "Ada", detail: null, email: ADA.email }
    await log({ match }, [callWebhook({ contact })])
  }
  return asked
}

const ROUTES: Record<Checked, [method: string, path: RegExp, type: string | null][]> = {
  pipedrive: [
    ["POST", /^\/api\/v1\/callLogs$/, "v1.AddCallLogRequest"],
    ["POST", /^\/api\/v2\/activities$/, "v2.AddActivityRequest"],
    ["PATCH", /^\/api\/v2\/activities\/\d+$/, "v2.AddActivityRequest"],
    ["POST", /^\/api\/v2\/persons$/, "v2.AddPersonRequest"],
    ["GET", /^\/api\/v2\/persons\/search$/, "v2.PersonsApiSearchPersonsRequest"],
    ["GET", /^\/api\/v2\/persons\/\d+$/, 'Omit<v2.PersonsApiGetPersonRequest, "id">'],
    ["GET", /^\/api\/v2\/persons$/, "v2.PersonsApiGetPersonsRequest"],
    ["GET", /^\/api\/v2\/activities$/, "v2.ActivitiesApiGetActivitiesRequest"],
    // The client's getCurrentUser takes nothing.
    ["GET", /^\/api\/v1\/users\/me$/, "Record<string, never>"],
  ],
  salesforce: [
    ["PATCH", /\/sobjects\/Task\/Ringback_Call_Id__c\/[^/]+$/, 'Partial<Fields<"Task">>'],
    ["POST", /\/sobjects\/Contact$/, 'Partial<Fields<"Contact">>'],
    // Texts to the client: of these the fields of the contact are all that it has types for.
    ["GET", /\/(query|search)$/, '(keyof Fields<"Contact">)[]'],
    ["GET", /\/sobjects\/Contact\/[^/]+$/, '(keyof Fields<"Contact">)[]'],
    ["GET", /\/sobjects\/Task\/describe$/, null],
  ],
}

function typedOf(kind: Checked, { method, path, body }: Request): Typed[] {
  const { pathname, searchParams } = new URL(path, "http://crm")
  const route = ROUTES[kind].find(([verb, form]) => verb === method && form.test(pathname))
  assert.ok(route, `${method} ${pathname} has no type`)
  const [, , type] = route
  if (type === null) return []
  if (body !== undefined) return [{ type, value: body }]
  const value =
    kind === "salesforce"
      ? contactFields(searchParams.get("fields") ?? searchParams.get("q") ?? "")
      : Object.fromEntries([...searchParams].map(([name, text]) => [name, parsed(name, text)]))
  return [{ type, value }]
}

// A query is all text: what the client takes as a number or a truth is one here.
const parsed = (name: string, text: string): unknown =>
  name !== "term" && /^(\d+|true|false)$/.test(text) ? JSON.parse(text) : text

const contactFields = (text: string) =>
  (/\bSELECT ([\w,]+)|\bContact\(([\w,]+)|^([\w,]+)$/.exec(text) ?? [])
    .slice(1)
    .flatMap((names) => names?.split(",") ?? [])

for (const kind of ["pipedrive", "salesforce"] as const) {
  describe(`${kind}, by the types of its official client`, () => {
    let asked: Request[] = []
    before(async () => {
      asked = await requestsOf(kind)
    })

    test("each request that the connector makes fits", async () => {
      const typed = asked.flatMap((request) => typedOf(kind, request))
      assert.ok(typed.length > 10)
      for (const { value } of typed) assert.notDeepEqual(value, [])
      assert.deepEqual(await typeProblems(typed), [])
    })

    test("each kind of request was made", () => {
      for (const [method, form] of ROUTES[kind])
        assert.ok(
          asked.some(
            (each) =>
              each.method === method && form.test(new URL(each.path, "http://crm").pathname),
          ),
          `${method} ${form}`,
        )
    })
  })
}

test("a wrong field, a wrong word, a wrong type and a missing field are seen", async () => {
  const log = {
    outcome: "busy",
    to_phone_number: "+4520123456",
    start_time: "2026-11-26 10:00:00",
    end_time: "2026-11-26 10:01:33",
  }
  const type = "v1.AddCallLogRequest"
  const { outcome: _, ...without } = log
  const problems = await typeProblems([
    { type, value: log },
    { type, value: { ...log, persons: 1 } },
    { type, value: { ...log, outcome: "failed" } },
    { type, value: { ...log, duration: 93 } },
    { type, value: without },
    { type: 'Partial<Fields<"Task">>', value: { CallDuration: 93 } },
    { type: 'Partial<Fields<"Task">>', value: { CallDurationInSeconds: "93" } },
    { type: '(keyof Fields<"Contact">)[]', value: ["Telephone"] },
  ])
  const lines = problems.filter((each) => !each.startsWith(" "))
  const numbers = lines.map((each) => Number(/sent\.ts\((\d+),/.exec(each)?.[1]) - IMPORT_LINES)
  // The imports are above the first, which is right.
  assert.deepEqual(
    numbers.toSorted((one, other) => one - other),
    [2, 3, 4, 5, 6, 7, 8],
    problems.join("\n"),
  )
})
