import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { readRecording } from "../recording.ts"
import { rightsOf } from "../rules/rights.ts"
import { bundleBytes, bundles, readBundle, sourcesOf, workers } from "./bundle.ts"

const MAX_WORKER_BYTES = 700 * 1024

const laptopOnly = /(^|\/)(packages\/(local|cli|collector|ami)|fauxqs|dynalite|test)\//
const apiOnly = /^functions\/api\/|\/node_modules\/hono/

// The SDK's own, for credentials and endpoints: no code of ours sends them.
const ofTheSdk = /^(Assume|CreateToken|GetRoleCredentials|DescribeEndpoints)/

/** The commands of SQS and DynamoDB that a bundle has: esbuild leaves out those that no code can reach. */
const commandsOf = (text: string) => {
  const names = [...text.matchAll(/"([A-Za-z]+)Command"/g)].map(([, name = ""]) => name)
  return names.filter((name) => !ofTheSdk.test(name))
}

const isOfQueueOrTable = (action: string) => /^(sqs|dynamodb):/.test(action)

describe("bundles, as SST makes them", () => {
  for (const name of workers) {
    test(`${name} is at most 700 KB`, () => assert.ok(bundleBytes(name) <= MAX_WORKER_BYTES))

    test(`${name} has nothing of the laptop or the API in it`, () => {
      const sources = sourcesOf(name)
      assert.ok(sources.some((source) => source.startsWith("functions/")))
      const strangers = sources.filter((source) => laptopOnly.test(source) || apiOnly.test(source))
      assert.deepEqual(strangers, [])
    })
  }

  test("AdminApi has nothing of the laptop in it", () => {
    assert.deepEqual(
      sourcesOf("AdminApi").filter((source) => laptopOnly.test(source)),
      [],
    )
  })

  const rights = rightsOf(readRecording("production"))
  for (const name of bundles) {
    test(`${name} may call what its code can reach, and no more`, () => {
      const granted = Object.entries(rights[name] ?? {})
        .filter(([resource]) => resource !== `${name}Logs`)
        .flatMap(([, actions]) => actions)
        .filter(isOfQueueOrTable)
        .filter((action) => !polled.has(action))
      // Deliver deletes what is done itself where the rest of its batch is slow: a right that its poller has anyway.
      const reachable = commandsOf(readBundle(name))
        .flatMap(toAction)
        .filter((action) => !polled.has(action))
      const needed = new Set(reachable).difference(new Set(neverTaken[name]))
      assert.deepEqual([...new Set(granted)].sort(), [...needed].sort())
    })
  }
})

// What a bundler cannot see: of a list of deliveries only the index `open` is read in batches, and Deliver lists what was
// delivered; Jobs gets whole rooms of the store, to remove what is in them, and creates nothing. Release and the API claim no event.
const neverTaken: Record<string, string[]> = {
  Deliver: ["dynamodb:BatchGetItem"],
  Jobs: ["dynamodb:PutItem"],
  Release: ["dynamodb:PartiQLInsert"],
  AdminApi: ["dynamodb:PartiQLInsert"],
}

// Lambda's poller makes these calls, not the bundle.
const polled = new Set(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"])

const toAction = (command: string) => {
  // insert.ts alone makes such requests: new items, several in one.
  if (/^(BatchExecuteStatement|ExecuteTransaction)$/.test(command))
    return ["dynamodb:PartiQLInsert"]
  if (
    /^(Batch)?(Get|Put|Update|Delete)Item$|^(Batch)?WriteItem$|^Query$|^Scan$|^Transact/.test(
      command,
    )
  ) {
    return [`dynamodb:${command}`]
  }
  return /Message/.test(command) ? [`sqs:${command.replace(/Batch$/, "")}`] : []
}
