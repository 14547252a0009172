import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { makeClients, startStack, type Stack } from "../harness/stack.ts"
import { until } from "../harness/until.ts"
import { makeTenant } from "../api/api.ts"
import { startPortal, type TestPortal } from "./portal.ts"

let stack: Stack
let portal: TestPortal
let clients: ReturnType<typeof makeClients>
const held: string[] = []
let holding: { tenant: string; end: Promise<void> } | undefined

before(async () => {
  stack = await startStack()
  clients = makeClients(stack)
  clients.dynamodb.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const text = JSON.stringify(args.input)
        if (commandName === "QueryCommand" && holding && text.includes(holding.tenant)) {
          held.push(text)
          await holding.end
        }
        return next(args)
      },
    { step: "initialize", name: "hold" },
  )
  portal = await startPortal({ stack, clients })
})
after(async () => {
  clients.close()
  await stack.close()
})

for (const how of ["its key was revoked", "the person has signed out"])
  test(`a form that waited for its place changes nothing after ${how}`, async () => {
    const { id, path, key } = await makeTenant(portal)
    const made = await portal.call(`POST ${path}/keys`, { body: { name: "lost" } })
    const visitor = await portal.signIn(made.body.key)
    const reader = await portal.signIn(key)
    const end = Promise.withResolvers<void>()
    held.length = 0
    holding = { tenant: id, end: end.promise }
    const running = Array.from({ length: 4 }, () => reader.get(`/portal/${id}/keys`))
    await until(() => held.length >= 4)
    const waiting = visitor.post(`/portal/${id}/keys`, { name: "another", scope: "full" })
    // At least as long as a wait after which the session is read again.
    await sleep(1000)
    if (how === "its key was revoked") await portal.call(`DELETE ${path}/keys/${made.body.id}`)
    else {
      const other = portal.visitor()
      other.cookie = visitor.cookie
      await other.post("/portal/sign-out")
    }
    holding = undefined
    end.resolve()
    await Promise.all(running)
    assert.doesNotMatch((await waiting).text, /rbk_[\w-]{20}/)
    const { body } = await portal.call(`GET ${path}/keys`)
    const names = body.data.map(({ name }: { name: string }) => name)
    assert.ok(!names.includes("another"), names.join())
  })
