import assert from "node:assert/strict"
import { test } from "node:test"
import { kinds, logSteps, type Kind } from "@ringback/connectors/kinds"
import type { Answer } from "@ringback/connectors/step"
import { callWebhook, idIn, nothing, openAccount, settingsOf, take } from "./account.ts"
import { makeChance } from "../prove/chance.ts"

const SEEDS = 150
const MAX_REQUESTS = 6
const MAX_ATTEMPTS = 200

class Lost extends Error {}

const REFUSALS: Answer[] = [429, 500, 503].map((statusCode) => ({
  statusCode,
  headers: {},
  body: null,
}))

/** One call's way through faults, attempt after attempt, until it is logged. */
async function history(kind: Kind, seed: number) {
  const chance = makeChance(seed)
  let asked = 0
  const random = () => chance.of(kind, asked++)
  const create = random() < 0.3
  const account = openAccount(kind, create ? [] : [{ id: "101", phone: "+4520123456" }])
  const settings = settingsOf(kind, {
    ...(kind !== "zoho" && { live: random() < 0.5 }),
    ...(create && { create: "contact" }),
  })
  const memory = nothing()
  const isLive = "live" in settings && settings.live
  const moments = isLive ? (["answered", "completed"] as const) : (["completed"] as const)
  for (const moment of moments) {
    const webhook = callWebhook({ moment })
    for (let attempt = 0; ; attempt++) {
      assert.ok(attempt < MAX_ATTEMPTS, `seed ${seed} never ends`)
      let requests = 0
      const steps = logSteps({ webhook, settings, fields: {}, memory })
      const end = await take(account, settings, steps, memory, (_, ask) => {
        assert.ok(++requests <= MAX_REQUESTS, `seed ${seed} asks ${requests} times`)
        const fate = random()
        if (fate < 0.15) throw new Lost("request")
        // Of a contact that was made nobody knows without its answer: no CRM has a key for that.
        const answer = ask()
        const isNewContact = /contact|person/.test(_.purpose) && _.method === "POST" && create
        if (fate < 0.3 && !isNewContact) throw new Lost("answer")
        return fate < 0.4 && !isNewContact ? REFUSALS[Math.floor(random() * 3)]! : answer
      }).catch((error: unknown) => {
        if (error instanceof Lost) return undefined
        throw error
      })
      if (end?.end === "logged") break
      assert.notEqual(end?.end, "skipped", `seed ${seed}: ${end?.words}`)
    }
  }
  return { account, create }
}

for (const kind of kinds) {
  test(`${kind}: ${SEEDS} histories of lost requests and answers, refusals and deaths leave one activity each`, async () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { account, create } = await history(kind, seed)
      const [activity, ...more] = account.activities()
      assert.equal(more.length, 0, `seed ${seed}: ${more.length + 1} activities`)
      if (!create) assert.equal(activity?.contact, idIn(kind, "101"), `seed ${seed}`)
      assert.equal(account.contactCount(), 1, `seed ${seed}: contacts`)
      assert.deepEqual(account.problems, [])
    }
  })
}
