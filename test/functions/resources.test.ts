import { connect, type Linked } from "@ringback/functions/resources"
import assert from "node:assert/strict"
import { randomBytes } from "node:crypto"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { startReceiver } from "../harness/receiver.ts"
import { makeDir } from "../harness/directory.ts"

test("a stage on AWS obeys no endpoint's allowed loopback, whatever its table says", async (t) => {
  const receiver = await startReceiver()
  t.after(() => receiver.close())
  const path = join(makeDir(), "data-key")
  writeFileSync(path, randomBytes(32))
  const queue = { url: "https://sqs.eu-central-1.amazonaws.com/123456789012/Q" }
  const settings = { allowedNetworks: [], retentionDays: 30, apiRateLimit: 100, maxEndpoints: 200 }
  const linked: Linked = {
    Table: { name: "Table" },
    IngestQueue: queue,
    DeliveryQueue: queue,
    RetryQueue: queue,
    JobsQueue: queue,
    RejectedQueue: queue,
    IngestDeadLetters: queue,
    DeliveryDeadLetters: queue,
    RetryDeadLetters: queue,
    JobsDeadLetters: queue,
    OperatorKey: { value: "the operator's key" },
    Api: { url: "https://api.example.com" },
    DataKey: { type: "file", path },
    // What infra/deployment-settings.ts links.
    Settings: settings,
  }
  const { url } = receiver
  const allowedLoopback = new URL(url).host
  const request = { endpointId: "ep_1", url, allowedLoopback, headers: {}, body: "{}" }
  const attempts = async (of: Linked) => {
    const { sender, testSender, urlRules } = await connect(of)
    const outcomes = [await sender.send(request), await testSender.send(request)]
    sender.close()
    testSender.close()
    return { outcomes: outcomes.map(({ ok }) => ok), may: urlRules.operatorLoopback }
  }
  assert.deepEqual(await attempts(linked), { outcomes: [false, false], may: false })
  const local = { ...linked, Settings: { ...settings, operatorLoopback: true } }
  assert.deepEqual(await attempts(local), { outcomes: [true, true], may: true })

  const infra = readFileSync(new URL("../../infra/deployment-settings.ts", import.meta.url), "utf8")
  assert.doesNotMatch(infra, /operatorLoopback/)
})
