import { isDeepStrictEqual } from "node:util"
import { GetItemCommand, type AttributeValue } from "@aws-sdk/client-dynamodb"
import { table } from "../../infra/facts.ts"
import { writtenBytes } from "../infra/cost/item-bytes.ts"
import { makeClients, type Stack } from "./stack.ts"

type Item = Record<string, AttributeValue>
type Index = keyof typeof table.globalIndexes

/** Write units of the deliveries' items and of their index entries. */
export type WriteUnits = Record<Index, number> & {
  item: number
  reset: () => void
  close: () => void
}

const KB = 1024
const unitsOf = (item: Item) => Math.ceil(writtenBytes(item) / KB)

/**
 * Counts what AWS charges for the writes of deliveries, one at a time. The embedded engine counts no
 * index: its units follow from the item before and after, by the rules in "Global secondary indexes:
 * provisioned throughput considerations" of DynamoDB's developer guide.
 */
export function watchWriteUnits(stack: Stack): WriteUnits {
  const { dynamodb, tableName } = stack
  // Its own requests are nobody's.
  const own = makeClients(stack)
  const units = { item: 0, due: 0, open: 0, reset, close: () => own.close() }
  const stored = new Map<string, Item>()
  function reset() {
    Object.assign(units, { item: 0, due: 0, open: 0 })
    stored.clear()
  }
  const note = async (key: Item) => {
    const { Item: item } = await own.dynamodb.send(
      new GetItemCommand({ TableName: tableName, Key: key, ConsistentRead: true }),
    )
    const place = JSON.stringify(key)
    const before = stored.get(place)
    if (item) stored.set(place, item)
    units.item += Math.max(unitsOf(before ?? {}), unitsOf(item ?? {}), 1)
    for (const name of ["due", "open"] as const)
      units[name] += indexUnits(entryOf(before, name), entryOf(item, name))
  }
  dynamodb.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args)
      } finally {
        for (const key of writtenKeys(args.input as Input)) await note(key)
      }
    },
    { step: "initialize", name: "write units" },
  )
  return units
}

type Statement = { Parameters?: AttributeValue[] }
type Input = {
  Key?: Item
  UpdateExpression?: string
  Statements?: Statement[]
  TransactStatements?: Statement[]
}

/** The keys of the deliveries that a request writes. An inserted item has its key first. */
function writtenKeys(input: Input): Item[] {
  const { Key, UpdateExpression, Statements, TransactStatements } = input
  const inserted = (Statements ?? TransactStatements ?? []).map(({ Parameters = [] }) => ({
    pk: Parameters[0]!,
    sk: Parameters[1]!,
  }))
  return [...(Key && UpdateExpression ? [Key] : []), ...inserted].filter(({ pk }) =>
    pk?.S?.includes("#D#"),
  )
}

type Entry = { key: Item; rest: Item }

/** What the index keeps of an item. Undefined if the item lacks a key of the index. */
function entryOf(item: Item | undefined, name: Index): Entry | undefined {
  const { hashKey, rangeKey, projection } = table.globalIndexes[name]
  const pick = (names: readonly string[]) =>
    Object.fromEntries(names.flatMap((each) => (item?.[each] ? [[each, item[each]]] : []))) as Item
  const key = pick([hashKey, rangeKey])
  return Object.keys(key).length === 2 ? { key, rest: pick(projection) } : undefined
}

function indexUnits(before: Entry | undefined, after: Entry | undefined): number {
  const all = ({ key, rest }: Entry) => unitsOf({ ...key, ...rest })
  if (!before) return after ? all(after) : 0
  if (!after) return all(before)
  if (!isDeepStrictEqual(before.key, after.key)) return all(before) + all(after)
  return isDeepStrictEqual(before.rest, after.rest) ? 0 : Math.max(all(before), all(after))
}
