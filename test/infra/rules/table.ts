import { table as facts } from "../../../infra/facts.ts"
import { isPermanent } from "../../../infra/stage.ts"
import { all, type Recording } from "../recording.ts"
import { stages } from "../offline/stages.ts"
import { makeFaults } from "./faults.ts"

const kinds = { string: "S", number: "N" }

const indexOf = (name: keyof typeof facts.globalIndexes, warmThroughput?: object) => {
  const { hashKey, rangeKey, projection } = facts.globalIndexes[name]
  const index = { hashKey, name, nonKeyAttributes: [...projection], projectionType: "INCLUDE" }
  return { ...index, rangeKey, ...(warmThroughput && { warmThroughput }) }
}

// A stage's table and its indexes are made ready for a load, by a setting.
const warmOf = ({ stage }: Recording) => {
  const writes = Number(stages[stage]?.["RINGBACK_WARM_WRITE_UNITS"])
  return writes ? { readUnitsPerSecond: 12_000, writeUnitsPerSecond: writes } : undefined
}

/** The table of the facts, on demand, with TTL and recovery to a point in time; kept on a permanent stage. */
export const tableFaults = (recording: Recording) => {
  const { faults, expect, expectValues } = makeFaults()
  const isKept = isPermanent(recording.stage)
  const warm = warmOf(recording)
  const tables = all(recording, "table")
  expect(tables.length === 1, `there are ${tables.length} tables, must be one`)
  for (const { name, inputs, retainOnDelete } of tables) {
    expectValues(name, inputs, {
      billingMode: "PAY_PER_REQUEST",
      ...facts.primaryIndex,
      attributes: Object.entries(facts.fields).map(([name, type]) => ({ name, type: kinds[type] })),
      globalSecondaryIndexes: [indexOf("due", warm), indexOf("open", warm)],
      warmThroughput: warm,
      ttl: { attributeName: facts.ttl, enabled: true },
      pointInTimeRecovery: { enabled: true },
      deletionProtectionEnabled: isKept,
    })
    expect((retainOnDelete ?? false) === isKept, `${name}: retained must be ${isKept}`)
  }
  for (const key of all(recording, "key")) {
    const hmac = { customerMasterKeySpec: "HMAC_256", keyUsage: "GENERATE_VERIFY_MAC" }
    expectValues(key.name, key.inputs, { ...hmac, enableKeyRotation: undefined })
    expect((key.retainOnDelete ?? false) === isKept, `${key.name}: retained must be ${isKept}`)
  }
  return faults
}
