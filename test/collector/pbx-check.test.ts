import assert from "node:assert/strict"
import { test } from "node:test"
import { header } from "@ringback/ami/message"
import { checkPbx } from "@ringback/collector/pbx-check"
import { startPbx } from "../ami/pbx.ts"

const BOOTED = "Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n"

test("a PBX that is still starting is waited for: its FullyBooted shows the class system", async (t) => {
  const pbx = await startPbx({
    onAction(action, { respond, socket }) {
      if (header(action, "Action") !== "Ping") return false
      respond("Success", { Ping: "Pong" })
      const timer = setTimeout(() => socket.write(BOOTED), 150)
      socket.on("close", () => clearTimeout(timer))
    },
  })
  t.after(() => pbx.stop())
  const target = { host: "127.0.0.1", port: pbx.port, username: "collector", secret: "secret" }
  const findings = await checkPbx({ ...target, auth: "md5" })
  assert.deepEqual(
    findings.map(({ is, what }) => [is, what.replace(/\(.*/, "").trim()]),
    [
      ["ok", "PBX: logged in"],
      ["could be better", "PBX: this user may not read its lists or its own permissions"],
    ],
  )
})
