import type { DynamoDBClient } from "@aws-sdk/client-dynamodb"
import type { SQSClient } from "@aws-sdk/client-sqs"
import { failTenTimes } from "../../harness/ten-failures.ts"
import { startWorld } from "../../harness/world.ts"
import { watchWriteUnits } from "../../harness/write-units.ts"
import { newMeter, type Meter } from "./meter.ts"

const ATTEMPTS = 10
/** A retry comes alone: a receive and a delete for each. */
const REQUESTS_TO_RECEIVE = 2

/** What a delivery costs whose attempts all fail, with the same page each time, on top of one that succeeds. */
export async function countFailures(): Promise<Meter> {
  const world = await startWorld()
  const units = watchWriteUnits(world.stack)
  try {
    const { sqs, dynamodb } = world.stack
    const meter = newMeter()
    countSends(sqs, meter)
    countReads(dynamodb, meter)
    const begin = () => {
      Object.assign(meter, newMeter())
      units.reset()
    }
    await failTenTimes(world, () => "down for maintenance ".repeat(60), begin)
    const firstMessages = 2
    return {
      ...meter,
      sqsRequests: meter.sqsRequests - firstMessages + (ATTEMPTS - 1) * REQUESTS_TO_RECEIVE,
      writeUnits: units.item + units.due + units.open - 1,
    }
  } finally {
    units.close()
    await world.close()
  }
}

/** The requests that send messages: the event's and the delivery's first ones as well. */
const countSends = ({ middlewareStack }: SQSClient, meter: Meter) =>
  middlewareStack.add(
    (next, { commandName = "" }) =>
      (args) => {
        if (commandName.startsWith("SendMessage")) meter.sqsRequests++
        return next(args)
      },
    { step: "initialize", name: "count sends" },
  )

/** What attempts read: the delivery and its event. The settings are cached. */
const countReads = ({ middlewareStack }: DynamoDBClient, meter: Meter) =>
  middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const { Key } = args.input as { Key?: { pk?: { S?: string } } }
        if (commandName !== "GetItemCommand" || !/#[DE]#/.test(Key?.pk?.S ?? "")) return next(args)
        Object.assign(args.input, { ReturnConsumedCapacity: "TOTAL" })
        const result = await next(args)
        const { ConsumedCapacity } = result.output as {
          ConsumedCapacity?: { CapacityUnits?: number }
        }
        meter.readUnits += ConsumedCapacity?.CapacityUnits ?? 0
        return result
      },
    { step: "initialize", name: "count reads" },
  )
