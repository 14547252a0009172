import type { DynamoDBClient } from "@aws-sdk/client-dynamodb"
import type { SQSClient } from "@aws-sdk/client-sqs"
import type { Use } from "../../../infra/unit-costs.ts"
import { makeClients, type Services } from "../../harness/stack.ts"

/** What AWS would charge for, without the functions' time: that of a busy machine says nothing. */
export type Meter = Omit<Use, "gigabyteMs">

export const newMeter = (): Meter => ({
  sqsRequests: 0,
  writeUnits: 0,
  readUnits: 0,
  invocations: 0,
  logBytes: 0,
  storedBytes: 0,
  egressBytes: 0,
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
