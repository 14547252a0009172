import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { stages } from "./offline/stages.ts"
import { readRecording } from "./recording.ts"
import { rules } from "./rules/all.ts"

for (const stage of Object.keys(stages)) {
  describe(`the stack of stage ${stage}`, () => {
    const recording = readRecording(stage)
    for (const [sentence, rule] of Object.entries(rules)) {
      test(sentence, () => assert.deepEqual(rule(recording), []))
    }
  })
}
