import { after, before, beforeEach } from "node:test"
import type { Table } from "@ringback/store/table"
import * as Tenant from "@ringback/store/tenant"
import { letReadsLag } from "../harness/lagging.ts"
import { makeClients, startStack, type Stack } from "../harness/stack.ts"
import { makeDeps } from "../harness/system.ts"

export const START = Date.parse("2026-11-22T06:00:00Z")
export const MINUTE = 60_000
export const DAY = 24 * 3600 * 1000
export const RETENTION = 30 * DAY

/**
 * The table for a file of tests, with a clock that they move and a tenant for each. What is not read consistently lags a
 * write behind, as it may on AWS.
 */
export function useTable(options: { isLagging?: boolean } = {}) {
  const world = {
    now: START,
    tenant: "",
    table: undefined as unknown as Table,
    stack: undefined as unknown as Stack,
  }
  let clients: ReturnType<typeof makeClients>
  before(async () => {
    const stack = (world.stack = await startStack())
    clients = makeClients(stack)
    if (options.isLagging) letReadsLag(clients.dynamodb)
    world.table = makeDeps(stack, { now: () => world.now, clients }).table
  })
  after(async () => {
    clients.close()
    await world.stack.close()
  })
  beforeEach(async () => {
    world.now = START
    world.tenant = (await Tenant.create(world.table, { name: "Acme" })).id
  })
  return world
}
