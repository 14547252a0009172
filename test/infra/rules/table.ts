import { table as facts } from "../../../infra/facts.ts"
import { isPermanent } from "../../../infra/stage.ts"
import { all, type Recording } from "../recording.ts"
import { makeFaults } from "./faults.ts"

const kinds = { string: "S", number: "N" }

const indexOf = (name: keyof typeof facts.globalIndexes) => {
  const { hashKey, rangeKey, projection } = facts.globalIndexes[name]
  return { hashKey, name, nonKeyAttributes: [...projection], projectionType: "INCLUDE", rangeKey }
}

/** The table of the facts, on demand, with TTL and recovery to a point in time; kept on a permanent stage. */
export const tableFaults = (recording: Recording) => {
  const { faults, expect, expectValues } = makeFaults()
  const isKept = isPermanent(recording.stage)
  const tables = all(recording, "table")
  expect(tables.length === 1, `there are ${tables.length} tables, must be one`)
  for (const { name, inputs, retainOnDelete } of tables) {
    expectValues(name, inputs, {
      billingMode: "PAY_PER_REQUEST",
      ...facts.primaryIndex,
      attributes: Object.entries(facts.fields).map(([name, type]) => ({ name, type: kinds[type] })),
      globalSecondaryIndexes: [indexOf("due"), indexOf("open")],
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
