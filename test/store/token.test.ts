import assert from "node:assert/strict"
import { test } from "node:test"
import * as Connector from "@ringback/store/connector"
import { getItem } from "@ringback/store/item"
import { loggedCallKey, oauthTokenKey } from "@ringback/store/item-keys"
import * as OauthToken from "@ringback/store/oauth-token"
import { MINUTE, RETENTION, START, useTable } from "./table.ts"

// What workers side by side agree on by one item: who fetches a token, who writes a call into a CRM.

const world = useTable({ isLagging: true })
const whose = (credentials = "sealed", revision = 1) => ({
  tenant: world.tenant,
  endpointId: "ep_1",
  credentials,
  revision,
})
const NONE = { tokens: undefined, validUntil: 0, leaseUntil: 0 }

test("one worker at a time may fetch a token, and the right ends by itself", async () => {
  const { table } = world
  const take = (owner: string) => OauthToken.takeLease(table, whose(), owner, MINUTE)
  assert.deepEqual(await OauthToken.get(table, whose()), NONE)
  assert.equal(await take("a"), true)
  assert.equal(await take("b"), false)
  assert.equal(await take("a"), true, "one's own")
  assert.equal((await OauthToken.get(table, whose())).leaseUntil, START + MINUTE)
  assert.equal(await OauthToken.dropLease(table, whose(), "b"), false)
  world.now += MINUTE - 1
  assert.equal(await take("b"), false)
  world.now += 1
  assert.equal(await take("b"), true)
  assert.equal(await OauthToken.dropLease(table, whose(), "b"), true)
  assert.equal(await take("a"), true)
})

test("a token is known with its own credentials alone, sealed in its place", async () => {
  const { table } = world
  const tokens = { accessToken: "access", refreshToken: "refresh" }
  await OauthToken.takeLease(table, whose(), "a", MINUTE)
  assert.equal(await OauthToken.put(table, whose(), tokens, START + 5 * MINUTE), true)
  const known = { tokens, validUntil: START + 5 * MINUTE, leaseUntil: 0 }
  assert.deepEqual(await OauthToken.get(table, whose()), known)
  assert.deepEqual(await OauthToken.get(table, whose("others")), NONE)
  assert.deepEqual(await OauthToken.get(table, { ...whose(), endpointId: "ep_2" }), NONE)
  const item = await getItem(table, oauthTokenKey(world.tenant, "ep_1"), { consistent: true })
  assert.equal(JSON.stringify(item).includes("access"), false)
  const context = `${world.tenant}#ep_1#token`
  assert.equal(table.sealer.open(item!["sealed"] as string, context), JSON.stringify(tokens))
  // Whoever was too slow for its lease writes all the same.
  await OauthToken.takeLease(table, whose(), "b", MINUTE)
  await OauthToken.put(table, whose(), { accessToken: "late" }, START)
  assert.deepEqual(await OauthToken.get(table, whose()), {
    tokens: { accessToken: "late" },
    validUntil: START,
    leaseUntil: 0,
  })
})

test("a worker that knows former credentials does not replace the token of the present ones", async () => {
  const { table } = world
  const put = (credentials: string, revision: number, accessToken: string) =>
    OauthToken.put(table, whose(credentials, revision), { accessToken }, START + MINUTE)
  const token = async (credentials: string) =>
    (await OauthToken.get(table, whose(credentials))).tokens?.accessToken
  assert.equal(await put("former", 11, "a"), true)
  assert.equal(await put("present", 12, "b"), true)
  assert.equal(await put("former", 11, "c"), false)
  assert.equal(await token("present"), "b")
  // Other settings of the endpoint were changed, and one worker does not know yet.
  assert.equal(await put("present", 13, "d"), true)
  assert.equal(await put("present", 12, "e"), true)
  assert.equal(await put("former", 11, "f"), false)
  assert.equal(await token("present"), "e")
})

const logging = (endpointId = "ep_1", fingerprint = "of its settings") => ({
  tenant: world.tenant,
  endpointId,
  fingerprint,
})
const call = (owner: string, uuid = "u") => ({ ...logging(), uuid, owner })

test("a call is written by one attempt at a time; the others hear until when", async () => {
  const { table } = world
  const fresh = { outcome: "begun", kept: {}, version: undefined, eventId: undefined }
  assert.deepEqual(await Connector.begin(table, call("a"), MINUTE), fresh)
  const item = await getItem(table, loggedCallKey(world.tenant, "ep_1", "u"), { consistent: true })
  assert.equal(item!["expiresAt"], (START + RETENTION) / 1000)
  const busy = { outcome: "busy", until: START + MINUTE }
  assert.deepEqual(await Connector.begin(table, call("b"), MINUTE), busy)
  assert.deepEqual(await Connector.begin(table, call("a"), MINUTE), fresh, "one's own")
  assert.deepEqual(await Connector.begin(table, call("b", "other"), MINUTE), fresh)
  world.now += MINUTE - 1
  assert.deepEqual(await Connector.begin(table, call("b"), MINUTE), busy)
  world.now += 1
  assert.deepEqual(await Connector.begin(table, call("b"), MINUTE), fresh)
})

test("what an attempt keeps of a call the next one finds; one that was overtaken keeps nothing", async () => {
  const { table } = world
  await Connector.begin(table, call("a"), MINUTE)
  await Connector.keepCall(table, call("a"), { activity: "7" })
  await Connector.end(table, call("a"), { version: "v1", eventId: "evt_1" })
  const kept = { activity: "7" }
  const done = { outcome: "begun", kept, version: "v1", eventId: "evt_1" }
  assert.deepEqual(await Connector.begin(table, call("b"), MINUTE), done)
  await assert.rejects(
    Connector.keepCall(table, call("a"), { activity: "8" }),
    /taken over this call/,
  )
  await Connector.end(table, call("a"), { version: "v0", eventId: "evt_0" })
  world.now += 1
  assert.deepEqual(await Connector.begin(table, call("c"), MINUTE), {
    outcome: "busy",
    until: START + MINUTE,
  })
  await Connector.end(table, call("b"), undefined)
  assert.deepEqual(await Connector.begin(table, call("c"), MINUTE), done)
})

test("what is known of an endpoint's account is kept for that endpoint", async () => {
  const { table } = world
  await Connector.keepAccount(table, logging(), { owner: "9" })
  assert.deepEqual(await Connector.accountOf(table, logging()), { owner: "9" })
  assert.deepEqual(await Connector.accountOf(table, logging("ep_2")), {})
})

test("what was known of another account counts no more", async () => {
  const { table } = world
  const other = logging("ep_1", "of other settings")
  await Connector.keepAccount(table, logging(), { owner: "9" })
  assert.deepEqual(await Connector.accountOf(table, other), {})
  await Connector.begin(table, call("a"), MINUTE)
  await Connector.keepCall(table, call("a"), { contactId: "7" })
  await Connector.end(table, call("a"), { version: "v1", eventId: "evt_1" })
  const begun = await Connector.begin(table, { ...call("b"), ...other }, MINUTE)
  const done = { outcome: "begun", kept: {}, version: "v1", eventId: "evt_1" }
  assert.deepEqual(begun, done, "its order counts as before")
})

test("an account is known by its CRM's URL and its credentials", () => {
  const settings = { url: "https://a.example.com", auth: "sealed" }
  const others = [
    { ...settings, url: "https://b.example.com" },
    { ...settings, auth: "sealed anew" },
  ]
  const known = [settings, { ...settings }, ...others].map(Connector.fingerprintOf)
  assert.equal(known[0], known[1])
  assert.equal(new Set(known).size, 3)
})
