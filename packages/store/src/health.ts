import { UpdateItemCommand } from "@aws-sdk/client-dynamodb"
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb"
import * as v from "valibot"
import { healthShard } from "./due.ts"
import { getItem, type Item, type ReadOptions } from "./item.ts"
import { healthKey } from "./keys.ts"
import { isConditionFailed, type Table } from "./table.ts"

/** How an endpoint fares. There is no item, and nothing is written, while all is well. Times are epoch ms. */
const Health = v.object({
  /** Failures in a row. */
  failures: v.optional(v.number(), 0),
  failingSince: v.optional(v.number()),
  /** `resting`: only probes are sent. `waking`: it is well again, and what was parked is fetched. */
  state: v.optional(v.picklist(["resting", "waking"])),
  /** No probe before that time but the one that holds the lease. */
  leaseUntil: v.optional(v.number()),
  /** When it began to wake. */
  wokenAt: v.optional(v.number()),
  /** When it was last slow to answer. */
  slowAt: v.optional(v.number()),
  /** It asked for less: until then nothing new is sent. */
  pausedUntil: v.optional(v.number()),
  /** When the next slot of its rate limit is free. */
  nextFree: v.optional(v.number()),
})
export type Health = v.InferOutput<typeof Health>

const parse = (item: Item | undefined): Health => v.parse(Health, item ?? {})

export async function get(
  table: Table,
  tenant: string,
  endpointId: string,
  options: ReadOptions = {},
): Promise<Health> {
  return parse(await getItem(table, healthKey(tenant, endpointId), options))
}

/** Counts failures that came one after the other; the health as it is now. */
export async function failed(table: Table, tenant: string, endpointId: string, count: number) {
  return change(table, tenant, endpointId, {
    update:
      "SET failures = if_not_exists(failures, :zero) + :count, failingSince = if_not_exists(failingSince, :now), endpointId = :endpointId",
    values: { ":zero": 0, ":count": count, ":now": table.now(), ":endpointId": endpointId },
  })
}

/** A success: nothing of the failures remains, and a resting endpoint wakes. Undefined where all was well already. */
export async function succeeded(table: Table, tenant: string, endpointId: string) {
  const woken = await change(table, tenant, endpointId, {
    update:
      "SET #state = :waking, wokenAt = :now, dueShard = :shard, dueAt = :now REMOVE failures, failingSince, leaseUntil, slowAt",
    condition: "#state = :resting",
    names: { "#state": "state" },
    values: {
      ":waking": "waking",
      ":resting": "resting",
      ":shard": healthShard(endpointId),
      ":now": table.now(),
    },
  })
  if (woken) return woken
  return change(table, tenant, endpointId, {
    update: "REMOVE failures, failingSince",
    condition:
      "attribute_exists(failingSince) AND (attribute_not_exists(#state) OR #state <> :resting)",
    names: { "#state": "state" },
    values: { ":resting": "resting" },
  })
}

/** From here on only probes are sent: the endpoint's own entry falls due at `probeAt`. Undefined where it rests already. */
export async function rest(table: Table, tenant: string, endpointId: string, probeAt: number) {
  return change(table, tenant, endpointId, {
    update: "SET #state = :resting, dueShard = :shard, dueAt = :at, endpointId = :endpointId",
    condition: "attribute_not_exists(#state) OR #state <> :resting",
    names: { "#state": "state" },
    values: {
      ":resting": "resting",
      ":shard": healthShard(endpointId),
      ":at": probeAt,
      ":endpointId": endpointId,
    },
  })
}

/** The right to one probe, for `leaseMs`. Undefined where another has it. */
export async function lease(table: Table, tenant: string, endpointId: string, leaseMs: number) {
  const now = table.now()
  return change(table, tenant, endpointId, {
    update: "SET leaseUntil = :until",
    condition: "attribute_not_exists(leaseUntil) OR leaseUntil <= :now",
    values: { ":until": now + leaseMs, ":now": now },
  })
}

/** Nothing is parked any more: the endpoint's entry leaves the index. */
export async function awake(table: Table, tenant: string, endpointId: string) {
  return change(table, tenant, endpointId, {
    update: "REMOVE #state, wokenAt, dueShard, dueAt",
    condition:
      "attribute_exists(dueShard) AND (attribute_not_exists(#state) OR #state <> :resting)",
    names: { "#state": "state" },
    values: { ":resting": "resting" },
  })
}

/** Noted so that other workers give its deliveries a queue where they delay nobody. */
export async function slow(table: Table, tenant: string, endpointId: string) {
  return change(table, tenant, endpointId, {
    update: "SET slowAt = :now, endpointId = :endpointId",
    values: { ":now": table.now(), ":endpointId": endpointId },
  })
}

/** It answered that it is too much: nothing new until then. */
export async function pause(table: Table, tenant: string, endpointId: string, until: number) {
  return change(table, tenant, endpointId, {
    update: "SET pausedUntil = :until, endpointId = :endpointId",
    condition: "attribute_not_exists(pausedUntil) OR pausedUntil < :until",
    values: { ":until": until, ":endpointId": endpointId },
  })
}

/** The failures are forgotten from `since` on: a delivery since then proved that they were not all. */
export async function cleared(table: Table, tenant: string, endpointId: string, since: number) {
  return change(table, tenant, endpointId, {
    update: "SET failingSince = :now, failures = :zero",
    condition: "failingSince = :since",
    values: { ":now": table.now(), ":zero": 0, ":since": since },
  })
}

/** Nothing is remembered: the endpoint was enabled again, or deleted. */
export async function forget(table: Table, tenant: string, endpointId: string) {
  return change(table, tenant, endpointId, {
    update:
      "SET #state = :waking, wokenAt = :now, dueShard = :shard, dueAt = :now, endpointId = :endpointId REMOVE failures, failingSince, leaseUntil, slowAt, pausedUntil, nextFree",
    names: { "#state": "state" },
    values: {
      ":waking": "waking",
      ":shard": healthShard(endpointId),
      ":now": table.now(),
      ":endpointId": endpointId,
    },
    condition: "attribute_exists(pk)",
  })
}

/**
 * Takes `count` slots of a rate limit, `intervalMs` apart, and says when the first one is. Slots are given out by one
 * atomic write, so that workers side by side keep the rate together.
 */
export async function takeSlots(
  table: Table,
  tenant: string,
  endpointId: string,
  count: number,
  intervalMs: number,
): Promise<number> {
  const now = table.now()
  const width = Math.ceil(count * intervalMs)
  const fresh = await change(table, tenant, endpointId, {
    update: "SET nextFree = :next, endpointId = :endpointId",
    condition: "attribute_not_exists(nextFree) OR nextFree <= :now",
    values: { ":next": now + width, ":now": now, ":endpointId": endpointId },
  })
  if (fresh) return now
  const queued = await change(table, tenant, endpointId, {
    update: "ADD nextFree :width",
    values: { ":width": width },
  })
  return queued!.nextFree! - width
}

/** The line of slots begins anew: the rate is another one. */
export async function dropSlots(table: Table, tenant: string, endpointId: string) {
  return change(table, tenant, endpointId, {
    update: "REMOVE nextFree",
    condition: "attribute_exists(nextFree)",
  })
}

type Write = { update: string; condition?: string; names?: Record<string, string>; values?: Item }

async function change(
  table: Table,
  tenant: string,
  endpointId: string,
  { update, condition, names, values }: Write,
): Promise<Health | undefined> {
  try {
    const { Attributes } = await table.client.send(
      new UpdateItemCommand({
        TableName: table.name,
        Key: marshall(healthKey(tenant, endpointId)),
        UpdateExpression: update,
        ...(condition ? { ConditionExpression: condition } : {}),
        ...(names ? { ExpressionAttributeNames: names } : {}),
        ...(values ? { ExpressionAttributeValues: marshall(values) } : {}),
        ReturnValues: "ALL_NEW",
      }),
    )
    return parse(Attributes && unmarshall(Attributes))
  } catch (error) {
    if (isConditionFailed(error)) return undefined
    throw error
  }
}
