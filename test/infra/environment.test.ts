import assert from "node:assert/strict"
import { afterEach, describe, test } from "node:test"
import { refuse, whole } from "../../infra/environment.ts"

describe("the settings of a stage", () => {
  const name = "RINGBACK_OF_A_TEST"
  afterEach(() => delete process.env[name])

  test("a setting that means nothing on AWS is refused, and says why", () => {
    refuse("OF_A_TEST", "it is not there")
    process.env[name] = "10.0.0.0/8"
    assert.throws(() => refuse("OF_A_TEST", "nothing is there"), {
      message: "RINGBACK_OF_A_TEST is refused here: nothing is there",
    })
  })

  test("a number has its bounds", () => {
    assert.equal(whole("OF_A_TEST", 20, 2, 1000), 20)
    process.env[name] = "515"
    assert.equal(whole("OF_A_TEST", 20, 2, 1000), 515)
    for (const wrong of ["1", "1001", "ten", "2.5"]) {
      process.env[name] = wrong
      assert.throws(() => whole("OF_A_TEST", 20, 2, 1000), /must be a whole number from 2 to 1000/)
    }
  })
})
