import assert from "node:assert/strict"
import { test } from "node:test"
import { header } from "@ringback/ami/message"
import { startSession } from "./client-harness.ts"

const LISTS = {
  "too many rows": { rows: 20_001, bytes: 10 },
  "too many bytes": { rows: 300, bytes: 60_000 },
}

for (const [why, { rows, bytes }] of Object.entries(LISTS)) {
  test(`a list of ${why} is given up before its end, and the session goes on`, async (t) => {
    const { client, seen } = await startSession(t, {
      onAction(action, { respond, socket }) {
        if (header(action, "Action") !== "OutPlanShow") return false
        respond("Success", { EventList: "start" })
        const id = `ActionID: ${header(action, "ActionID")}\r\n`
        socket.write(
          `Event: OutPlanEntry\r\n${id}Name: ${"x".repeat(bytes)}\r\n\r\n`.repeat(rows) +
            `Event: OutPlanListComplete\r\n${id}EventList: Complete\r\n\r\n`,
        )
        return true
      },
    })
    await assert.rejects(client.list({ Action: "OutPlanShow" }), { code: "list_too_large" })
    assert.equal((await client.send({ Action: "Ping" })).name, "Success")
    assert.deepEqual(seen.messages, [], "its later rows are nobody's")
  })
}
