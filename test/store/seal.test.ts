import assert from "node:assert/strict"
import { randomBytes } from "node:crypto"
import { test } from "node:test"
import { makeSealer } from "@ringback/store/seal"

const sealer = makeSealer(randomBytes(32))
const IV_BYTES = 12

test("a sealed text opens in its own place alone, and only as it was sealed", () => {
  const sealed = sealer.seal("a secret", "tenant/endpoint")
  assert.equal(sealer.open(sealed, "tenant/endpoint"), "a secret")
  assert.throws(() => sealer.open(sealed, "tenant/other"))
  assert.throws(() => makeSealer(randomBytes(32)).open(sealed, "tenant/endpoint"))
  const bytes = Buffer.from(sealed.slice(3), "base64url")
  bytes[bytes.length - 1]! ^= 1
  assert.throws(() => sealer.open(`s1.${bytes.toString("base64url")}`, "tenant/endpoint"))
})

test("a tag that is cut short opens nothing, although its beginning is right", () => {
  const sealed = sealer.seal("", "place")
  const bytes = Buffer.from(sealed.slice(3), "base64url")
  for (const tagBytes of [4, 8, 12, 15]) {
    const cut = `s1.${bytes.subarray(0, IV_BYTES + tagBytes).toString("base64url")}`
    assert.throws(() => sealer.open(cut, "place"), /tag/)
  }
})
