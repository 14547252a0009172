import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { describe, test } from "node:test"
import { dollarsOf, perDelivery, perEvent } from "../../infra/unit-costs.ts"
import { makeDir } from "../harness/directory.ts"
import { operatorKey, startRingback } from "../harness/ringback.ts"
import { until } from "../harness/until.ts"

type Panel = { title: string; targets: { expr: string }[] }
const dashboard = JSON.parse(
  readFileSync(new URL("../../infra/grafana.json", import.meta.url), "utf8"),
) as { panels: Panel[] }
const exprs = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))

describe("the Grafana dashboard", () => {
  test("names metrics and labels that `npm start` gives", async (t) => {
    const { ready } = await startRingback(t, { RINGBACK_DATA_DIR: makeDir() })
    const scrape = async () => {
      const headers = { authorization: `Bearer ${operatorKey}` }
      return (await fetch(`${ready.apiUrl}/metrics`, { headers })).text()
    }
    let text = ""
    await until(
      async () => /^ringback_edge_to_receiver_seconds_bucket/m.test((text = await scrape())),
      { what: "the first delivery in /metrics" },
    )
    for (const [name] of exprs.join(" ").matchAll(/ringback_[a-z_]+/g)) {
      const metric = name.replace(/_bucket$/, "")
      assert.match(text, new RegExp(`^# TYPE ${metric} `, "m"), `${name} is not given`)
    }
    const series = text.match(/^ringback_.*$/gm)!.join("\n")
    for (const label of ["tenant", "endpoint", "kind", "result", "source", "outcome", "status"])
      assert.match(series, new RegExp(`[{,]${label}="`), `no series has ${label}`)
  })

  for (const question of [
    "Which tenant is late?",
    "Which CRM fails?",
    "Is a PBX silent?",
    "What does it cost?",
  ]) {
    test(`has one panel for: ${question}`, () => {
      assert.equal(dashboard.panels.filter(({ title }) => title === question).length, 1)
    })
  }

  test("reckons the cost by the prices of COST.md", () => {
    const cost = dashboard.panels.find(({ title }) => title === "What does it cost?")
    const prices = [...cost!.targets[0]!.expr.matchAll(/\* ([\d.e-]+)/g)].map((each) =>
      Number(each[1]),
    )
    const wanted = [dollarsOf(perEvent), dollarsOf(perDelivery)]
    assert.deepEqual(prices, wanted, `infra/grafana.json must have ${wanted.join(" and ")}`)
  })
})
