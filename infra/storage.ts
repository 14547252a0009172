import * as facts from "./facts.ts"
import { settings } from "./deployment-settings.ts"
import { isPermanent } from "./stage.ts"

// A link provides a name, but no permissions: SST's own link would grant dynamodb:*. rights.ts has
// the permissions of each function.
sst.Linkable.wrap(sst.aws.Dynamo, (dynamo) => ({ properties: { name: dynamo.name } }))

const isKept = isPermanent($app.stage)

const indexOf = (name: keyof typeof facts.table.globalIndexes) => {
  const { projection, ...keys } = facts.table.globalIndexes[name]
  return { ...keys, projection: [...projection] }
}

// The throughput that every on-demand table has from the start. It grows by itself, but a load that
// doubles at once is throttled until it has.
const BORN_WITH = { writeUnitsPerSecond: 4_000, readUnitsPerSecond: 12_000 }
const { warmWriteUnits, warmReadUnits } = settings
const isWarmed = warmWriteUnits > 0 || warmReadUnits > 0
const warmThroughput = {
  writeUnitsPerSecond: Math.max(BORN_WITH.writeUnitsPerSecond, warmWriteUnits),
  readUnitsPerSecond: Math.max(BORN_WITH.readUnitsPerSecond, warmReadUnits),
}

export const table = new sst.aws.Dynamo(
  "Table",
  {
    fields: facts.table.fields,
    primaryIndex: facts.table.primaryIndex,
    globalIndexes: { due: indexOf("due"), open: indexOf("open") },
    ttl: facts.table.ttl,
    deletionProtection: isKept,
    ...(isWarmed && {
      transform: {
        table: (inputs) => {
          inputs.warmThroughput = warmThroughput
          // A throttled write to an index throttles the table's writes.
          inputs.globalSecondaryIndexes = $output(inputs.globalSecondaryIndexes).apply((all) =>
            (all ?? []).map((index) => ({ ...index, warmThroughput })),
          )
        },
      },
    }),
  },
  { retainOnDelete: isKept },
)

// Webhook secrets and source keys are stored encrypted in the table. The key that decrypts them is
// an HMAC that only this KMS key can compute. KMS never rotates such a key, and must not: another
// key would give another HMAC.
export const kmsKey = new aws.kms.Key(
  "DataKey",
  {
    description: `Ringback ${$app.stage}: opens the secrets in the table`,
    customerMasterKeySpec: "HMAC_256",
    keyUsage: "GENERATE_VERIFY_MAC",
    deletionWindowInDays: isKept ? 30 : 7,
  },
  { retainOnDelete: isKept },
)

export const dataKey = new sst.Linkable("DataKey", { properties: { arn: kmsKey.arn } })

export const operatorKey = new sst.Secret("OperatorKey")
