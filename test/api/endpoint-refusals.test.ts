import assert from "node:assert/strict"
import { test } from "node:test"
import { api, receiver, world, path, make } from "./endpoint-set-up.ts"

test("what an endpoint may not be is refused, each wrong field by its name", async () => {
  const long = "x".repeat(201)
  const refused: [object, string][] = [
    [{ url: 1 }, "/url"],
    [{ eventTypes: ["campaign.updated", "no.such"] }, "/eventTypes/1"],
    [{ eventTypes: ["campaign*"] }, "/eventTypes/0"],
    [{ eventTypes: [] }, "/eventTypes"],
    [{ sources: ["src_06fzk3vq8r2m5x0c9d7g4h1jtw"] }, "/sources/0"],
    [{ filter: { "data..x": [1] } }, "/filter/data..x"],
    [{ filter: { "data.x": [] } }, "/filter/data.x"],
    [{ filter: { "data.x": [{}] } }, "/filter/data.x/0"],
    [{ filter: { "": [1] } }, "/filter/"],
    [{ filter: { "data.": [1] } }, "/filter/data."],
    [{ filter: { ".data": [1] } }, "/filter/.data"],
    [{ filter: { [long]: [1] } }, `/filter/${long}`],
    [{ filter: { a: Array(101).fill(1) } }, "/filter/a"],
    [
      { filter: Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`p${i}`, [1]])) },
      "/filter",
    ],
    [{ filter: [] }, "/filter"],
    [{ filter: { "dat.status": [1] } }, "/filter/dat.status"],
    [{ filter: { data: ["x"] } }, "/filter/data"],
    [{ filter: { "data.variables": ["x"] } }, "/filter/data.variables"],
    [{ filter: { "data.variables.a.b": ["x"] } }, "/filter/data.variables.a.b"],
    [{ filter: { "data.status.name": ["x"] } }, "/filter/data.status.name"],
    [{ filter: { "type.name": ["x"] } }, "/filter/type.name"],
    [{ filter: { "data.form": ["x"] }, eventTypes: ["source.gap"] }, "/filter/data.form"],
    [{ filter: { a: Array(20).fill("x".repeat(1000)) } }, "/filter"],
    [{ eventTypes: [`ami.${"x".repeat(100)}`] }, "/eventTypes/0"],
    [{ headers: { Host: "x" } }, "/headers/Host"],
    [{ headers: { "a b": "x" } }, "/headers/a b"],
    [{ headers: { a: "x\ny" } }, "/headers/a"],
    [{ headers: { constructor: "x" } }, "/headers/constructor"],
    [{ rateLimit: 0 }, "/rateLimit"],
    [{ metadata: { a: 1 } }, "/metadata/a"],
    [{ metadata: ["a"] }, "/metadata"],
    [{ description: "\ud800" }, "/description"],
    [{ signing: "rsa" }, "/signing"],
    [{ secret: "whsec_short" }, "/secret"],
    [{ secret: `whsec_${Buffer.alloc(32).toString("base64")}`, signing: "ed25519" }, "/secret"],
    [{ disabled: "no" }, "/disabled"],
    [{ Url: "x" }, "/Url"],
  ]
  for (const [settings, at] of refused) {
    const { status, body, text } = await make(settings)
    assert.equal(status, 400, `${JSON.stringify(settings)} ${text}`)
    assert.equal(body.code, "request.invalid", text)
    assert.deepEqual(
      body.errors.map((error: { path: string }) => error.path),
      [at],
      text,
    )
  }
  for (const url of [
    "no url",
    "ftp://example.com/",
    "https://user:secret@example.com/",
    "http://example.com/",
    "https://10.0.0.1/",
    "https://169.254.169.254/latest/",
    "https://[::ffff:10.0.0.1]/",
    "https://2130706433.example.com:99999/",
  ]) {
    const { status, body, text } = await make({ url })
    assert.deepEqual([status, body.code], [400, "endpoint.url_refused"], `${url} ${text}`)
    const patched = await api.call(`PATCH ${path}/${world.ids["endpointId"]}`, { body: { url } })
    assert.equal(patched.body.code, "endpoint.url_refused")
  }
  assert.equal((await make({ url: "https://does-not-resolve.invalid/" })).status, 201)
})

test("a filter on what no event of the endpoint can have is refused with the nearest names", async () => {
  const messageFor = async (settings: object) => (await make(settings)).body.errors[0].message
  const filter = (name: string) => ({ filter: { [name]: [1] } })
  assert.match(await messageFor(filter("dta.status")), /nearest: data\.status/)
  assert.match(await messageFor(filter("data")), /is an object.* data\.NAME/)
  const gap = { eventTypes: ["source.gap", "endpoint.disabled"] }
  assert.match(await messageFor({ ...filter("data.form"), ...gap }), /nearest: data\.from/)
})

test("a filter on a header that the catalog does not know is taken, with a warning", async () => {
  const filter = { "data.statsu": [1] }
  const made = await make({ filter, eventTypes: ["campaign.*"] })
  assert.equal(made.status, 201, made.text)
  const [warning, ...rest] = made.body.warnings
  assert.deepEqual(rest, [])
  assert.equal(warning.path, "/filter/data.statsu")
  assert.match(warning.message, /nearest: data\.status/)
  const at = `${path}/${made.body.id}`
  assert.equal((await api.call(`GET ${at}`)).body.warnings, undefined)
  const patched = await api.call(`PATCH ${at}`, { body: { filter: { "data.satus": [1] } } })
  assert.equal(patched.body.warnings.length, 1)
  assert.equal(
    (await api.call(`PATCH ${at}`, { body: { description: "x" } })).body.warnings,
    undefined,
  )
  // Other event types than before may make a filter impossible: that is said, and not refused.
  const narrowed = await api.call(`PATCH ${at}`, { body: { eventTypes: ["source.gap"] } })
  assert.equal(narrowed.status, 200)
  assert.equal(narrowed.body.warnings.length, 1)
})

test("a filter on variables, and on any header of ami events that were asked for, is nothing odd", async () => {
  for (const settings of [
    { filter: { "data.variables.anything at all": ["x"] } },
    { filter: { "data.statusName": ["stop"], type: ["campaign.updated"], synthetic: [true] } },
    { filter: { "data.channelStateDesc": ["Up"] }, eventTypes: ["ami.newchannel"] },
    { filter: { "data.inferred.campaign": [1] }, eventTypes: ["source.gap"] },
    { filter: { anything: [1] }, eventTypes: ["endpoint.disabled"] },
  ]) {
    const { status, body, text } = await make(settings)
    assert.equal(status, 201, text)
    assert.equal(body.warnings, undefined, text)
  }
})

test("a number that JSON cannot write is refused, as the text of the request has it", async () => {
  for (const number of ["1e400", "-1e400"]) {
    const body = `{"url":${JSON.stringify(receiver.url)},"filter":{"data.status":[${number}]}}`
    const refused = await api.call(`POST ${path}`, { key: world.key, text: body })
    assert.equal(refused.status, 400, refused.text)
    assert.equal(refused.body.errors[0].path, "/filter/data.status/0")
  }
})
