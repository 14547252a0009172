import { WAITING_AT_ONCE } from "@ringback/functions/api/waiting"
import { all, type Recording } from "../recording.ts"
import { makeFaults } from "./faults.ts"

const TENANTS_THAT_WAIT = 10

/** The API is throttled, has no CORS, and is the only way to its function. */
export const apiFaults = (recording: Recording) => {
  const { faults, expect, expectValues } = makeFaults()
  const apis = all(recording, "api")
  expect(apis.length === 1, `there are ${apis.length} APIs, must be one`)
  for (const { name, inputs } of apis) expectValues(name, inputs, { corsConfiguration: {} })
  for (const { name, inputs } of all(recording, "apiStage")) {
    const { throttlingRateLimit = 0, throttlingBurstLimit = 0 } = inputs.defaultRouteSettings ?? {}
    expect(throttlingRateLimit > 0 && throttlingBurstLimit > 0, `${name}: is not throttled`)
  }
  for (const { name, inputs } of all(recording, "permission")) {
    expectValues(name, inputs, {
      principal: "apigateway.amazonaws.com",
      sourceArn: `${apis[0]?.outputs.executionArn}/*`,
    })
  }
  // A permanent stage's is capped; a personal one may live in an account that has none to reserve.
  const isPermanent = ["production", "staging"].includes(recording.stage)
  for (const { name, inputs } of all(recording, "function")) {
    if (!isPermanent || !name.startsWith("AdminApi")) continue
    const reserved = inputs.reservedConcurrentExecutions ?? -1
    expect(reserved > 0, `${name}: its concurrency is not capped`)
    const least = TENANTS_THAT_WAIT * WAITING_AT_ONCE
    expect(
      reserved <= 0 || reserved >= least,
      `${name}: a few tenants' waiting requests occupy all its instances`,
    )
  }
  const urls = recording.resources.filter(({ type }) => type.includes("functionUrl"))
  for (const { name } of urls) faults.push(`${name}: a function is open to the public`)
  return faults
}
