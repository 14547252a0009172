import { findEventType } from "@ringback/events/documented-event-types"
import { callEventTypes } from "@ringback/events/call-type"
import { webhookBody } from "@ringback/events/webhook-body"
import { connectorOf, ConnectorSettings, type Kind, logSteps } from "@ringback/connectors/kinds"
import { run } from "@ringback/connectors/run"
import type { Answer, End, Kept, Memory, Request, Steps } from "@ringback/connectors/step"
import type { Answered, Asked } from "@ringback/local/demo-crm/asked"
import { makeHubspot } from "@ringback/local/demo-crm/hubspot"
import * as v from "valibot"
import { checkerOf } from "../crm/documents.ts"
import { makePipedrive } from "../crm/pipedrive.ts"
import { makeSalesforce } from "../crm/salesforce.ts"
import { makeZoho } from "../crm/zoho.ts"

const oauth = { type: "oauth2", clientId: "c", clientSecret: "s" }
const refresh = { ...oauth, grant: "refresh_token", refreshToken: "r" }

/** The least that each kind takes. */
export const LEAST: Record<Kind, Record<string, unknown>> = {
  hubspot: { auth: { type: "bearer", token: "good" } },
  salesforce: {
    auth: { ...oauth, grant: "client_credentials" },
    instanceUrl: "https://acme.my.salesforce.com",
  },
  pipedrive: { auth: { type: "bearer", token: "good" }, companyDomain: "acme" },
  zoho: { auth: refresh },
}

export const settingsOf = (kind: Kind, more: object = {}): ConnectorSettings =>
  v.parse(ConnectorSettings, { kind, ...LEAST[kind], ...more })

/** An activity in words that all CRMs share, to compare them by. */
export type Seen = { contact: string | undefined; text: Record<string, unknown> }

/** A contact as each CRM keeps it. */
export type Who = { id: string; phone?: string; mobile?: string; email?: string; number?: string }

export type Account = {
  kind: Kind
  answer: (asked: Asked) => Answered
  problems: string[]
  /** Which tokens are taken. */
  tokens: Set<string>
  /** What is logged now. */
  activities: () => Seen[]
  contactCount: () => number
}

/** One stand-in with those contacts; `id` is a small number, told to each CRM in its own form. */
export function openAccount(kind: Kind, people: Who[]): Account {
  const problems: string[] = []
  const checked = (check: (asked: Asked) => string[], answer: (asked: Asked) => Answered) => {
    return (asked: Asked) => {
      problems.push(...check(asked))
      return answer(asked)
    }
  }
  if (kind === "hubspot") {
    const crm = makeHubspot(
      people.map(({ id, phone = "", mobile = "", email = "", number = "" }) => ({
        id: idIn(kind, id),
        properties: { phone, mobilephone: mobile, email, customer_number: number },
      })),
    )
    crm.tokens.add("good")
    return {
      kind,
      problems,
      tokens: crm.tokens,
      answer: checked(checkerOf("hubspot"), crm.answer),
      activities: () =>
        crm.calls.map(({ contacts: [contact], properties }) => ({ contact, text: properties })),
      contactCount: () => crm.contacts.length,
    }
  }
  if (kind === "salesforce") {
    const crm = makeSalesforce(
      people.map(({ id, phone, mobile, email, number }) => ({
        Id: idIn(kind, id),
        Phone: phone,
        MobilePhone: mobile,
        Email: email,
        customer_number: number,
      })),
    )
    crm.tokens.add("good")
    return {
      kind,
      problems,
      tokens: crm.tokens,
      answer: crm.answer,
      activities: () => crm.tasks.map((task) => ({ contact: task["WhoId"] as string, text: task })),
      contactCount: () => crm.contacts.length,
    }
  }
  if (kind === "pipedrive") {
    const crm = makePipedrive(
      people.map(({ id, phone, mobile, email, number = "" }) => ({
        id: Number(idIn(kind, id)),
        name: "Somebody",
        phones: [phone, mobile].flatMap((value) => (value === undefined ? [] : [{ value }])),
        emails: email === undefined ? [] : [{ value: email }],
        custom_fields: { customer_number: number },
      })),
    )
    crm.apiToken = "good"
    return {
      kind,
      problems,
      tokens: crm.tokens,
      answer: crm.answer,
      activities: () =>
        crm.activities.map((activity) => ({
          contact: String(activity.person_id),
          text: { ...crm.logs.find((log) => log.activity_id === activity.id), ...activity },
        })),
      contactCount: () => crm.persons.length,
    }
  }
  const crm = makeZoho(
    people.map(({ id, phone, mobile, email, number }) => ({
      id: idIn(kind, id),
      Phone: phone,
      Mobile: mobile,
      Email: email,
      customer_number: number,
    })),
  )
  crm.tokens.add("good")
  return {
    kind,
    problems,
    tokens: crm.tokens,
    answer: checked(checkerOf("zoho"), crm.answer),
    activities: () =>
      crm.calls.map((call) => ({ contact: (call["Who_Id"] as { id: string }).id, text: call })),
    contactCount: () => crm.contacts.length,
  }
}

export const idIn = (kind: Kind, id: string) =>
  ({
    hubspot: id,
    salesforce: `003${id.padStart(12, "0")}AAA`,
    pipedrive: id,
    zoho: `4440000000000${id.padStart(5, "0")}`,
  })[kind]

export type Transport = (request: Request, ask: () => Answer) => Answer | Promise<Answer>

/** A request put to the account as the worker puts it. */
export function askAccount(
  account: Account,
  settings: ConnectorSettings,
  request: Request,
): Answer {
  const url = new URL(request.path, "http://crm")
  const asked: Asked = {
    method: request.method,
    path: url.pathname,
    query: url.searchParams,
    headers: { ...request.headers, ...connectorOf(settings.kind).authorize("good", true) },
    body: request.body === undefined ? null : JSON.parse(JSON.stringify(request.body)),
  }
  const { status, headers = {}, body = null } = account.answer(asked)
  return { statusCode: status, headers, body }
}

export const nothing = (): Memory => ({ call: {}, endpoint: {} })

// What is kept of the people that contacts were made for.
const people = new WeakMap<Account, Map<string, Kept>>()

/** Takes steps against the account; what they keep goes into `memory`. */
export function take(
  account: Account,
  settings: ConnectorSettings,
  steps: Steps,
  memory: Memory = nothing(),
  transport: Transport = (_, ask) => ask(),
): Promise<End> {
  let at = ""
  return run(steps, {
    send: async (request) => transport(request, () => askAccount(account, settings, request)),
    person: async (name) => {
      at = name
      return people.get(account)?.get(name) ?? {}
    },
    async keep({ call, endpoint, person }) {
      const kept = people.get(account) ?? new Map<string, Kept>()
      if (person) people.set(account, kept.set(at, person))
      memory.call = { ...memory.call, ...call }
      memory.endpoint = { ...memory.endpoint, ...endpoint }
    },
  })
}

type Telling = { moment?: "answered" | "completed" | "started"; uuid?: string } & Record<
  string,
  unknown
>

/** A call's webhook, parsed: the catalog's example with other data. */
export function callWebhook({ moment = "completed", ...data }: Telling = {}): unknown {
  const type = `call.${moment}` as const
  const { example } = callEventTypes.find((each) => each.type === type)!
  if (!findEventType(type)) throw new Error(`${type} is not in the catalog`)
  const body = webhookBody(
    { id: "evt_1", tenant: "ten_1", source: "src_1" },
    {
      type,
      timestamp: example.timestamp,
      observedAt: example.timestamp,
      data: { ...example.data, ...data },
    },
  )
  return JSON.parse(body)
}

/** Logs one webhook on a fresh memory, or the one given. */
export const logOn = (
  account: Account,
  settings: ConnectorSettings,
  webhook: unknown,
  { memory = nothing(), fields = {} }: { memory?: Memory; fields?: Record<string, unknown> } = {},
) => take(account, settings, logSteps({ webhook, settings, fields, memory }), memory)
