import { randomUUID } from "node:crypto"
import type { TestContext } from "node:test"
import type { SQSEvent } from "aws-lambda"
import { connectorOf, type ConnectorSettings, type Kind } from "@ringback/connectors/kinds"
import { deliverHandler } from "@ringback/functions/deliver"
import { formatDelivery } from "@ringback/functions/messages/delivery"
import { makeContext } from "@ringback/local/lambda"
import * as Delivery from "@ringback/store/delivery"
import { deliveryId, deliveryRef } from "@ringback/store/item-keys"
import { serveCrm, type CrmServer } from "../crm/server.ts"
import { checkerOf } from "../crm/documents.ts"
import { makeTokenServer } from "../crm/token.ts"
import {
  makeCustomer,
  makeDeps,
  makeEndpoint,
  type Customer,
  type Deps,
} from "../harness/system.ts"
import type { Stack } from "../harness/stack.ts"
import {
  callWebhook,
  openAccount,
  settingsOf,
  type Account,
  type Who,
} from "../connectors/account.ts"

export type CrmWorld = {
  server: CrmServer
  account: Account
  tokens: ReturnType<typeof makeTokenServer>
  deps: Deps
  customer: Customer
  endpointId: string
  clock: { now: number }
}

const oauth = { type: "oauth2", clientId: "client", clientSecret: "very-secret" }
export const OAUTH: Record<Kind, object> = {
  hubspot: { ...oauth, grant: "refresh_token", refreshToken: "refresh-0" },
  salesforce: { ...oauth, grant: "client_credentials" },
  pipedrive: { ...oauth, grant: "refresh_token", refreshToken: "refresh-0" },
  zoho: { ...oauth, grant: "refresh_token", refreshToken: "refresh-0" },
}

/** An endpoint with a connector to a stand-in that is served on loopback, signed in to by OAuth. */
export async function startCrm(
  t: TestContext,
  stack: Stack,
  kind: Kind,
  people: Who[],
  more: object = {},
): Promise<CrmWorld> {
  const { account, tokens, server } = await serveAccount(kind, people)
  t.after(() => server.close())
  const clock = { now: Date.now() }
  const deps = makeDeps(stack, { now: () => clock.now, crmUrls: { [kind]: server.url } })
  const customer = await makeCustomer(deps)
  const endpointId = await addConnector(deps, customer.tenant, kind, more)
  return { server, account, tokens, deps, customer, endpointId, clock }
}

/** A stand-in with its token server, on loopback. */
export async function serveAccount(kind: Kind, people: Who[]) {
  const account = openAccount(kind, people)
  const tokens = makeTokenServer(account.tokens)
  // Of the four, HubSpot's published document alone has the token's form.
  const checkToken = kind === "hubspot" ? checkerOf(kind) : () => []
  const server = await serveCrm((asked) => {
    if (!tokens.isTokenPath(asked)) return account.answer(asked)
    account.problems.push(...checkToken(asked))
    return tokens.answer(asked)
  })
  return { account, tokens, server }
}

/** An endpoint with a connector, signed in to by OAuth; its id. */
export async function addConnector(
  deps: Pick<Deps, "table">,
  tenant: string,
  kind: Kind,
  more: object = {},
): Promise<string> {
  const settings = settingsOf(kind, { auth: OAUTH[kind], ...more })
  const { auth, ...connector } = settings
  const { endpoint } = await makeEndpoint(deps, tenant, connectorOf(kind).baseUrl(settings), {
    auth,
    order: "latest",
    connector: connector satisfies Omit<ConnectorSettings, "auth">,
  })
  return endpoint.id
}

export type Told = {
  ref: ReturnType<typeof deliveryRef>
  eventId: string
  body: string
  type: string
}

/** A call's event for the endpoint, whose delivery has not been tried. */
export function tell(
  { clock, endpointId }: Pick<CrmWorld, "clock" | "endpointId">,
  data: Record<string, unknown> = {},
): Told {
  const webhook = callWebhook({ uuid: randomUUID(), ...data }) as Record<string, unknown>
  const eventId = `evt_${randomUUID()}`
  const body = JSON.stringify({
    ...webhook,
    ...(data["version"] !== undefined && { version: data["version"] }),
    ...(data["test"] === true && { test: true }),
    id: eventId,
  })
  return {
    ref: deliveryRef(eventId, endpointId, clock.now),
    eventId,
    body,
    type: String(webhook["type"]),
  }
}

/** Hands a worker the delivery as the queue would; the delivery as it is afterwards. */
export async function deliverOn(
  world: Pick<CrmWorld, "customer" | "endpointId" | "clock" | "deps">,
  { ref, eventId, body, type }: Told,
  deps: Deps = world.deps,
): Promise<Delivery.Delivery | undefined> {
  const { customer, endpointId, clock } = world
  const before = await Delivery.get(deps.table, customer.tenant, ref, { consistent: true })
  const message = {
    v: 1 as const,
    tenant: customer.tenant,
    deliveryId: deliveryId(ref),
    endpointId,
    eventId,
    eventType: type,
    turn: before?.turn ?? 0,
    madeAt: clock.now,
    again: true,
    manual: true,
    body,
  }
  const record = {
    messageId: "m",
    body: formatDelivery(message),
    attributes: { ApproximateReceiveCount: "1" },
  }
  await deliverHandler(deps)({ Records: [record] } as unknown as SQSEvent, makeContext(60_000))
  return Delivery.get(deps.table, customer.tenant, ref, { consistent: true })
}
