import type { DynamoDBClient } from "@aws-sdk/client-dynamodb"
import type { SQSClient } from "@aws-sdk/client-sqs"
import { makeClients, type Services } from "../../harness/stack.ts"

/** What AWS would charge for. */
export type Meter = {
  sqsRequests: number
  writeUnits: number
  readUnits: number
  invocations: number
  /** This machine's, with a receiver that answers at once. */
  billedMs: number
  logBytes: number
}

export const newMeter = (): Meter => ({
  sqsRequests: 0,
  writeUnits: 0,
  readUnits: 0,
  invocations: 0,
  billedMs: 0,
  logBytes: 0,
})

const CHUNK_BYTES = 64 * 1024

type Capacity = { CapacityUnits?: number }
/** Of a batch of requests a list. */
type Consumed = { ConsumedCapacity?: Capacity | Capacity[] }
type Args = { input: object; request?: { body?: string } }

/** The real clients of the same services; every call is metered, a failed condition as AWS charges it. */
export const meteredClients = (services: Services, meter: Meter) => {
  const clients = makeClients(services)
  meterSqs(clients.sqs, meter)
  meterDynamodb(clients.dynamodb, meter)
  return clients
}

const meterSqs = ({ middlewareStack }: SQSClient, meter: Meter) =>
  middlewareStack.add(
    (next) => (args) => {
      const { body = "" } = (args as Args).request ?? {}
      meter.sqsRequests += Math.max(1, Math.ceil(Buffer.byteLength(body) / CHUNK_BYTES))
      return next(args)
    },
    { step: "deserialize", name: "meter" },
  )

const meterDynamodb = ({ middlewareStack }: DynamoDBClient, meter: Meter) =>
  middlewareStack.add(
    (next, { commandName = "" }) =>
      async (args) => {
        Object.assign(args.input, { ReturnConsumedCapacity: "TOTAL" })
        const isRead = /^(Get|Query|BatchGet)/.test(commandName)
        try {
          const result = await next(args)
          const { ConsumedCapacity } = result.output as Consumed
          for (const { CapacityUnits = 0 } of [ConsumedCapacity ?? []].flat())
            meter[isRead ? "readUnits" : "writeUnits"] += CapacityUnits
          return result
        } catch (error) {
          if ((error as Error).name === "ConditionalCheckFailedException") meter.writeUnits++
          throw error
        }
      },
    { step: "initialize", name: "meter" },
  )
