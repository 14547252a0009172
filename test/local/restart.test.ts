import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { Webhook } from "standardwebhooks"
import { Pbx } from "../harness/pbx.ts"
import { answer, ok, startReceiver } from "../harness/receiver.ts"
import { makeDir } from "../harness/directory.ts"
import { type Call, startRingback } from "../harness/ringback.ts"
import { startServices } from "../harness/stack.ts"
import { until } from "../harness/until.ts"

type Made = { id: string; secret: string }

async function makeEndpoint(call: Call, tenant: string, url: string) {
  return call<Made>("POST", `/tenants/${tenant}/endpoints`, { url })
}

async function makeTenant(call: Call) {
  const tenant = (await call<Made>("POST", "/tenants", { name: "acme" })).id
  const source = (await call<Made>("POST", `/tenants/${tenant}/sources`, { name: "pbx" })).id
  const testSource = () =>
    call<{ eventId: string }>("POST", `/tenants/${tenant}/sources/${source}/test`, {})
  return { tenant, testSource }
}

const verify = (secret: string, { headers, body }: { headers: object; body: string }) =>
  new Webhook(secret).verify(body, headers as Record<string, string>)

describe("npm start", { concurrency: 2 }, () => {
  it("delivers after a SIGKILL what was pending before it", async (t) => {
    const env = { RINGBACK_DATA_DIR: makeDir(), RINGBACK_DEMO: "0" }
    const receiver = await startReceiver((_, response) => answer(response, 500))
    t.after(() => receiver.close())
    const first = await startRingback(t, env)
    const { tenant, testSource } = await makeTenant(first.call)
    const { secret } = await makeEndpoint(first.call, tenant, receiver.url)
    const events = await Promise.all([1, 2, 3].map(testSource))
    // On record as failed once, and waiting for the second attempt.
    await until(async () => {
      const path = `/tenants/${tenant}/deliveries?status=pending`
      const { data } = await first.call<{ data: { attemptCount: number }[] }>("GET", path)
      return data.filter(({ attemptCount }) => attemptCount === 1).length === 3
    })
    const failed = receiver.arrived.length
    await first.kill("SIGKILL")

    receiver.behave(ok)
    const second = await startRingback(t, env)
    const ids = new Set(events.map(({ eventId }) => eventId))
    const arrived = () => receiver.arrived.slice(failed)
    await until(
      () => ids.difference(new Set(arrived().map(({ webhook }) => webhook.id))).size === 0,
    )
    for (const webhook of arrived()) verify(secret, webhook)
    await second.kill()
  })

  it("delivers after a SIGKILL what was being sent at that moment", async (t) => {
    const env = { RINGBACK_DATA_DIR: makeDir(), RINGBACK_DEMO: "0" }
    const receiver = await startReceiver(() => {})
    t.after(() => receiver.close())
    const first = await startRingback(t, env)
    const { tenant, testSource } = await makeTenant(first.call)
    await makeEndpoint(first.call, tenant, receiver.url)
    const { eventId } = await testSource()
    await until(() => receiver.arrived.length === 1)
    await first.kill("SIGKILL")

    receiver.behave(ok)
    const second = await startRingback(t, env)
    await until(() => receiver.arrived.length >= 2)
    assert.equal(receiver.arrived[1]!.webhook.id, eventId)
    await second.kill()
  })

  it("makes a tenant and a source for a PBX of one's own, says their token, and keeps them", async (t) => {
    const pbx = await Pbx.start()
    t.after(() => pbx.close())
    const { host, port, username, secret } = pbx.target
    const env = {
      RINGBACK_DATA_DIR: makeDir(),
      AMI_HOST: host,
      AMI_PORT: String(port),
      AMI_USERNAME: username,
      AMI_SECRET: secret,
    }
    const said = async (ringback: { stderr: () => string }) =>
      until(() => {
        const [tenant] = /ten_\w{26}/.exec(ringback.stderr()) ?? []
        const [source] = /src_\w{26}/.exec(ringback.stderr()) ?? []
        const [token] = /rbs_\S+/.exec(ringback.stderr()) ?? []
        return token ? { tenant: tenant!, source: source!, token } : undefined
      })
    const first = await startRingback(t, env)
    const made = await said(first)
    const { name } = await first.call<{ name: string }>("GET", `/tenants/${made.tenant}`)
    assert.equal(name, "local")
    const receiver = await startReceiver()
    t.after(() => receiver.close())
    await makeEndpoint(first.call, made.tenant, receiver.url)
    await until(() => pbx.logins > 0)
    pbx.emit("OutCampaignCreate", [
      ["Uuid", "a3e3cc0e-083e-4b9e-8120-522eb9834098"],
      ["TmCreate", "2026-11-22T06:15:17.857216120Z"],
    ])
    await until(() => receiver.arrived.length === 1)
    assert.equal(receiver.arrived[0]!.webhook.source, made.source)
    await first.kill()
    assert.equal(await first.ended, 0)

    const second = await startRingback(t, env)
    assert.deepEqual(await said(second), made)

    // A token that is rotated at once is used at once, and after the next start.
    const source = `/tenants/${made.tenant}/sources/${made.source}`
    const body = { overlapSeconds: 0 }
    const { token } = await second.call<{ token: string }>("POST", `${source}/rotate`, body)
    assert.notEqual(token, made.token)
    await until(() => second.stderr().includes(`The token of source ${made.source} was rotated`))
    await until(() => pbx.logins > 1)
    pbx.emit("OutCampaignCreate", [
      ["Uuid", "8f0c9f3e-7d3a-4f6e-9a44-2f4c1c9a7b10"],
      ["TmCreate", "2026-11-22T06:16:17.857216120Z"],
    ])
    const created = ({ webhook }: { webhook: { type: string } }) =>
      webhook.type === "campaign.created"
    await until(() => receiver.arrived.filter(created).length === 2)
    await second.kill()
    const third = await startRingback(t, env)
    assert.deepEqual(await said(third), { ...made, token })

    // Of a deleted source another one is made, for the same tenant.
    await third.call("DELETE", source)
    await until(() => third.stderr().includes(`Source ${made.source} was deleted`))
    await third.kill()
    const fourth = await startRingback(t, env)
    const { tenant, source: other } = await said(fourth)
    assert.equal(tenant, made.tenant)
    assert.notEqual(other, made.source)
    await fourth.kill()
  })

  it("uses services named in the settings instead of its own", async (t) => {
    const services = await startServices()
    t.after(() => services.close())
    const ringback = await startRingback(t, {
      RINGBACK_DATA_DIR: makeDir(),
      AWS_ENDPOINT_URL_SQS: services.sqsUrl,
      AWS_ENDPOINT_URL_DYNAMODB: services.dynamodbUrl,
    })
    assert.equal(ringback.ready.awsEndpointSqs, services.sqsUrl)
    assert.equal(ringback.ready.ingestQueueUrl, `${services.sqsUrl}/000000000000/RingbackIngest`)
    await until(() => / signature ok/.test(ringback.stderr()))
    await ringback.kill()
    assert.equal(await ringback.ended, 0)
  })
})
