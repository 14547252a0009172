import assert from "node:assert/strict"
import { test } from "node:test"
import { header } from "@ringback/ami/message"
import { startSession } from "./client-harness.ts"

const ROW_BYTES = { many: 10, large: 60_000 }

for (const [why, bytes] of Object.entries(ROW_BYTES)) {
  test(`a list that never ends is given up, be its rows ${why}, and the session goes on`, async (t) => {
    let isEnding = false
    const { client, seen } = await startSession(t, {
      onAction(action, { respond, socket }) {
        if (header(action, "Action") !== "OutPlanShow") return false
        respond("Success", { EventList: "start" })
        const id = header(action, "ActionID")!
        const row = `Event: OutPlanEntry\r\nActionID: ${id}\r\nName: ${"x".repeat(bytes)}\r\n\r\n`
        const rows = row.repeat(Math.ceil(100_000 / row.length))
        const go = () => {
          if (isEnding || socket.destroyed) return
          if (socket.write(rows)) setImmediate(go)
          else socket.once("drain", go)
        }
        go()
        return true
      },
    })
    await assert.rejects(client.list({ Action: "OutPlanShow" }), (error: { code: string }) => {
      assert.equal(error.code, "list_too_large")
      return true
    })
    isEnding = true
    assert.equal((await client.send({ Action: "Ping" })).name, "Success")
    assert.deepEqual(seen.messages, [], "its later rows are nobody's")
  })
}
