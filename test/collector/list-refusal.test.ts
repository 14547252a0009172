import assert from "node:assert/strict"
import { test } from "node:test"
import { canChange, refusalOf, REFUSALS } from "@ringback/collector/gaps/list-refusal"

const refusals: [message: string | undefined, why: keyof typeof REFUSALS][] = [
  ["Permission denied", "denied"],
  ["You have no PERMISSION", "denied"],
  ["Invalid/unknown command: OutPlanShow. Use Action: ListCommands", "unknown"],
  ["Unknown action", "unknown"],
  ["Unknown", "failed"],
  ["Out of memory", "failed"],
  [undefined, "failed"],
]

test("a list that is refused has one of four reasons, by the PBX's own words", () => {
  for (const [message, why] of refusals) {
    const headers: [string, string][] = [["Response", "Error"]]
    if (message !== undefined) headers.push(["Message", message])
    const refusal = refusalOf({ kind: "response", name: "Error", headers })
    assert.deepEqual(refusal, { why, message: message ?? "" })
  }
})

test("each reason is logged under its own name with a way out; all but a right are alarms", () => {
  const told = Object.entries(REFUSALS).map(([why, { event, alarm }]) => [why, event, alarm])
  assert.deepEqual(told, [
    ["denied", "lists.refused", false],
    ["unknown", "lists.unknown", true],
    ["failed", "lists.failed", true],
    ["too-large", "lists.too-large", true],
  ])
  const fixes = Object.values(REFUSALS).map(({ fix }) => fix.split(":")[0])
  assert.deepEqual(fixes, [
    "write=command for this user in manager.conf",
    "load res_outbound.so",
    "check the PBX's log",
    "delete records that are no longer needed",
  ])
})

test("a list may come back within the session where the PBX did not know it or failed", () => {
  const changing = Object.keys(REFUSALS).filter((why) =>
    canChange({ why: why as keyof typeof REFUSALS, message: "" }),
  )
  assert.deepEqual(changing, ["unknown", "failed"])
})
