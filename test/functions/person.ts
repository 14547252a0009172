import { ScanCommand } from "@aws-sdk/client-dynamodb"
import { unmarshall } from "@aws-sdk/util-dynamodb"
import { headersOf, parseEvent } from "@ringback/store/event"
import type { Pair } from "../events/capture.ts"
import type { World } from "../harness/world.ts"

export const stamp = (second: number) =>
  `2026-11-22T11:00:${String(second).padStart(2, "0")}.000000001Z`

/** One customer of a dial list. Whatever tells of her bears her name. */
export const person = (name: string, { variables = 0 } = {}) => {
  const [row, dialing] = [`row of ${name}`, `dialing of ${name}`]
  const padding = Array.from({ length: variables }, (_, at): Pair => ["Variable", `v${at}=${name}`])
  const rowEvent = (verb: string, dialedBy = "<unknown>"): Pair[] => [
    ["Event", `OutDlList${verb}`],
    ["Uuid", row],
    ["DlmaUuid", "l-1"],
    ["Name", name],
    ["UKey", `key of ${name}`],
    ["DialingUuid", dialedBy],
    ["Number1", `number of ${name}`],
    ...padding,
  ]
  const dialingEvent = (verb: string, status: number, resDial: number, second: number): Pair[] => [
    ["Event", `OutDialing${verb}`],
    ["Uuid", dialing],
    ["Status", `${status}`],
    ["CampUuid", "c-1"],
    ["DlListUuid", row],
    ["DialAddr", `number of ${name}`],
    ["ResDial", `${resDial}`],
    ["ResHangup", status === 6 ? "16" : "0"],
    ["TmCreate", stamp(0)],
    ["TmUpdate", verb === "Create" ? "<unknown>" : stamp(second)],
    ...padding,
  ]
  const events = [
    rowEvent("Create"),
    rowEvent("Update", dialing),
    dialingEvent("Create", 0, 0, 0),
    dialingEvent("Update", 1, 4, 9),
    dialingEvent("Update", 6, 4, 30),
    [
      ["Event", "OutDialingDelete"],
      ["Uuid", dialing],
    ] as Pair[],
  ]
  return { row, dialing, events, key: `key of ${name}`, dialingEvent, rowEvent }
}

/** Every item of the table that is a tenant's, or names it. */
export async function itemsOf(
  { deps }: Pick<World, "deps">,
  tenant: string,
): Promise<Record<string, unknown>[]> {
  const { client, name } = deps.table
  const items: Record<string, unknown>[] = []
  let start: object | undefined
  do {
    const page = await client.send(
      new ScanCommand({ TableName: name, ExclusiveStartKey: start as never }),
    )
    for (const raw of page.Items ?? []) {
      const item = unmarshall(raw)
      if (JSON.stringify(item).includes(tenant)) items.push(item)
    }
    start = page.LastEvaluatedKey
  } while (start)
  return items
}

/** An item in words: what is packed is unpacked. */
export const wordsOf = (item: Record<string, unknown>): string =>
  JSON.stringify(item) + (item["packed"] ? JSON.stringify(headersOf(parseEvent(item))) : "")

/** All that the table holds of the world's tenant, in words. */
export const kept = async (world: Pick<World, "deps" | "customer">): Promise<string> =>
  (await itemsOf(world, world.customer.tenant)).map(wordsOf).join("")
