import assert from "node:assert/strict"
import { test } from "node:test"
import { translate } from "@ringback/events/translate"

const NUMBERS = ["1", "2", "3", "4", "5", "6", "7", "8"]

function resultOf(said: { Status: string; ResDial: string } & Record<string, string>) {
  const headers = Object.entries({ Event: "OutDlListUpdate", Uuid: "u", ...said })
  return translate(headers, { receivedAt: 0 })!.data["resDialName"]
}

test("a row's result 0 means failed once any of its eight numbers was tried, and nothing before", () => {
  const untried = Object.fromEntries(NUMBERS.map((digit) => [`TryCnt${digit}`, "0"]))
  assert.equal(resultOf({ Status: "0", ResDial: "0", ...untried }), null)
  assert.equal(resultOf({ Status: "0", ResDial: "0" }), null)
  for (const digit of NUMBERS) {
    const tried = { ...untried, [`TryCnt${digit}`]: "1" }
    assert.equal(resultOf({ Status: "0", ResDial: "0", ...tried }), "failed", digit)
    for (const Status of ["1", "2"])
      assert.equal(resultOf({ Status, ResDial: "0", ...tried }), null, "it is being called")
  }
})

test("any other result of a row stands, whatever was tried", () => {
  assert.equal(resultOf({ Status: "1", ResDial: "4" }), "answered")
  assert.equal(resultOf({ Status: "0", ResDial: "5" }), "busy")
})
