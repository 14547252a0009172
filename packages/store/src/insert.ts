import {
  type AttributeValue,
  BatchExecuteStatementCommand,
  type DynamoDBClient,
  ExecuteTransactionCommand,
} from "@aws-sdk/client-dynamodb"
import { toAttributes } from "./item.ts"
import type { Insert } from "./table.ts"

/**
 * `statements`: each is independent, at the price of as many single writes. `transaction`: all or
 * none of a request. It costs twice as much on AWS, but on one machine it needs one flush of the
 * disk instead of one per item.
 */
export type InsertMode = "statements" | "transaction"

// BatchExecuteStatement accepts 25 statements, a transaction 100 and 4 MB.
const MAX_ITEMS = { statements: 25, transaction: 100 }
const MAX_BYTES = 3_000_000
// Requests run one after the other, so that inserts that arrive in the meantime are pooled. None
// waits longer than this for a slow one.
const MAX_WAIT_MS = 10

type Waiting = {
  key: string
  statement: { Statement: string; Parameters: AttributeValue[] }
  bytes: number
  onSent: (() => void) | undefined
  settle: PromiseWithResolvers<boolean>
}

export function makeInsert(client: DynamoDBClient, tableName: string, mode: InsertMode): Insert {
  let waiting: Waiting[] = []
  const inFlight = new Set<string>()
  let soon: NodeJS.Immediate | undefined
  let late: NodeJS.Timeout | undefined

  function schedule() {
    if (waiting.length === 0) return
    if (inFlight.size === 0) soon ??= setImmediate(flush)
    else late ??= setTimeout(flush, MAX_WAIT_MS)
  }

  function flush() {
    clearImmediate(soon)
    clearTimeout(late)
    soon = late = undefined
    const group = takeGroup()
    if (group.length === 0) return
    void execute(group).finally(() => {
      for (const { key } of group) inFlight.delete(key)
      schedule()
    })
    schedule()
  }

  // A request with two statements on one key is refused, so the second waits until the first is
  // done.
  function takeGroup(): Waiting[] {
    const group: Waiting[] = []
    const rest: Waiting[] = []
    let bytes = 0
    for (const each of waiting) {
      const fits =
        group.length < MAX_ITEMS[mode] && (bytes === 0 || bytes + each.bytes <= MAX_BYTES)
      if (!fits || inFlight.has(each.key)) {
        rest.push(each)
        continue
      }
      inFlight.add(each.key)
      bytes += each.bytes
      group.push(each)
    }
    waiting = rest
    return group
  }

  async function execute(group: Waiting[]) {
    try {
      const writing = mode === "transaction" ? transact(group) : each(group)
      // The SDK has written the request to its socket before the next turn of the event loop.
      setImmediate(() => group.forEach(({ onSent }) => onSent?.()))
      const written = await writing
      group.forEach(({ settle }, index) => settle.resolve(written[index] ?? false))
    } catch (error) {
      for (const { settle } of group) settle.reject(error)
    }
  }

  async function each(group: Waiting[]): Promise<boolean[]> {
    const Statements = group.map(({ statement }) => statement)
    try {
      const { Responses } = await client.send(new BatchExecuteStatementCommand({ Statements }))
      return (Responses ?? []).map(({ Error }) => Error === undefined)
    } catch (error) {
      if (isRefused(error)) return []
      throw error
    }
  }

  async function transact(group: Waiting[]): Promise<boolean[]> {
    const TransactStatements = group.map(({ statement }) => statement)
    try {
      await client.send(new ExecuteTransactionCommand({ TransactStatements }))
      return group.map(() => true)
    } catch (error) {
      if (isRefused(error)) return []
      throw error
    }
  }

  return (item, onSent) => {
    const settle = Promise.withResolvers<boolean>()
    const marshalled = toAttributes(item)
    const names = Object.keys(marshalled)
    const fields = names.map((name) => `'${name}': ?`).join(", ")
    const statement = {
      Statement: `INSERT INTO "${tableName}" VALUE {${fields}}`,
      Parameters: Object.values(marshalled),
    }
    const bytes = statement.Parameters.reduce((sum, value) => sum + sizeOf(value), 0)
    waiting.push({ key: `${item.pk}\n${item.sk}`, statement, bytes, onSent, settle })
    schedule()
    return settle.promise
  }
}

const SMALL_BYTES = 100
const sizeOf = ({ S = "", B }: AttributeValue) =>
  SMALL_BYTES + Buffer.byteLength(S) + (B?.byteLength ?? 0)

// One item that the table refuses fails the whole request, and so does throttling. Each item is
// then written separately, and an error applies to that item only. Without a response it is unknown
// what was written.
const isRefused = (error: unknown) =>
  (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode !== undefined
