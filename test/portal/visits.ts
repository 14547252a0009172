import assert from "node:assert/strict"
import { mock } from "node:test"
import { serveCrm } from "../crm/server.ts"
import { answer, startReceiver } from "../harness/receiver.ts"
import { startStack } from "../harness/stack.ts"
import { makeDeps, pumpAll } from "../harness/system.ts"
import { startPortal, type TestPortal, type Visitor } from "./portal.ts"
import { settleRandom } from "./settled.ts"

export const MINUTE_MS = 60_000

/** A portal on a clock of its own, what it was asked and what it answered. */
export type Visits = {
  portal: TestPortal
  receiverUrl: string
  /** What was answered, by what was asked. */
  answered: Map<string, string>
  asked: Set<string>
  tick: (ms?: number) => void
  /** Creates something through the API. */
  post: (at: string, body: object) => Promise<Made>
  pump: () => Promise<void>
  see: See
  close: () => Promise<void>
}

/** What the API answered. */
export type Made = Awaited<ReturnType<TestPortal["call"]>>["body"]

/** A page, kept under the name of who asked and what; ids in the name are as in the page. */
type See = (
  who: string,
  visitor: Visitor,
  asking: string,
  fields?: Record<string, string>,
) => Promise<string>

/** Those of one person. */
export const seenBy =
  ({ see }: Visits, who: string, visitor: Visitor) =>
  (asking: string, fields?: Record<string, string>) =>
    see(who, visitor, asking, fields)

export async function startVisits(): Promise<Visits> {
  // On a clock of its own: ids sort by it, and pages say times.
  mock.timers.enable({ apis: ["Date"], now: Date.parse("2026-11-22T12:00:00Z") })
  const unsettle = settleRandom()
  const stack = await startStack({ isClockMoved: true })
  const receiver = await startReceiver()
  receiver.behave(({ path }, response) =>
    path === "/wrong"
      ? answer(response, 500, {}, "<h1>Internal server error</h1>")
      : answer(response, 204),
  )
  const crm = await serveCrm(() => ({ status: 400, body: { message: "No such property" } }))
  const crmUrls = { hubspot: crm.url }
  const portal = await startPortal({ stack, crmUrls })
  const answered = new Map<string, string>()
  const asked = new Set<string>()
  const tick = (ms = MINUTE_MS) => mock.timers.setTime(Date.now() + ms)
  return {
    portal,
    receiverUrl: receiver.url,
    answered,
    asked,
    tick,
    async post(at, body) {
      tick()
      const made = await portal.call(`POST ${at}`, { body })
      assert.ok(made.status < 300, made.text)
      return made.body
    },
    async pump() {
      await pumpAll(stack, makeDeps(stack, { crmUrls, random: () => 0.5 }))
    },
    async see(who, visitor, asking, fields) {
      tick(1_000)
      const [method, at] = asking.split(" ") as [string, string]
      const { status, text, location } =
        method === "GET" ? await visitor.get(at) : await visitor.post(at, fields)
      asked.add(`${method.toLowerCase()} ${at.replace(/\?.*/, "")}`)
      const form = fields ? ` ${JSON.stringify(fields)}` : ""
      // Numbered, because some are asked for twice.
      const head = `${answered.size + 1} ${who}: ${asking}${form}`
      answered.set(head, `${status}${location === null ? "" : ` to ${location}`}\n${text}`)
      return text
    },
    async close() {
      await crm.close()
      await receiver.close()
      await stack.close()
      unsettle()
      mock.timers.reset()
    },
  }
}
