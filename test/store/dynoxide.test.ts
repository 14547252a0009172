import { findDynoxide } from "@ringback/local/dynoxide-engine"
import { test } from "node:test"

// The whole suite once more, on the other engine of the laptop: a file of tests registers them where it is imported.
if (findDynoxide()) {
  process.env["TEST_DYNAMODB"] = "dynoxide"
  await import("./config.test.ts")
  await import("./delivery.test.ts")
  await import("./event.test.ts")
  await import("./list-page.test.ts")
  await import("./delivery-stats.test.ts")
} else {
  test("the store on dynoxide", { skip: "dynoxide does not run on this platform" }, () => {})
}
