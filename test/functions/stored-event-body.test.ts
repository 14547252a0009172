import assert from "node:assert/strict"
import { test } from "node:test"
import { bodyOf, webhookOf } from "@ringback/functions/dispatch/stored-event-body"
import { translate } from "@ringback/events/translate"
import { formatWebhook } from "@ringback/events/webhook-body"
import { parseEvent } from "@ringback/store/event"
import { eventKey, hashOf } from "@ringback/store/item-keys"
import { packHeaders } from "@ringback/store/pack"
import { moduleEvents } from "../events/capture.ts"

const tenant = "ten_06fzk3vq8r2m5x0c9d7g4h1jtw"
const receivedAt = Date.parse("2026-11-22T06:30:04.731Z")

test("the body made of what was just translated is the one made of what was stored, byte for byte", () => {
  for (const recording of ["00-documented-examples", "23-campaign", "25-dllist", "51-odd-values"]) {
    for (const headers of moduleEvents(recording)) {
      const translated = translate(headers, { receivedAt })!
      const event = parseEvent({
        ...eventKey(tenant, BigInt(receivedAt) * 1_000_000n, hashOf(recording)),
        type: translated.type,
        source: "src_06fzk3w0a4n7p2y5b8e1h3k6mq",
        uuid: translated.subject,
        message: "A".repeat(22),
        receivedAt,
        claimedAt: receivedAt,
        ...packHeaders(headers),
        expiresAt: 0,
      })
      const told = formatWebhook(webhookOf(tenant, event, translated))
      assert.equal(told, bodyOf(tenant, event))
    }
  }
})
