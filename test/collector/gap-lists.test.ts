import assert from "node:assert/strict"
import { test } from "node:test"
import { setImmediate as turn } from "node:timers/promises"
import { AmiError } from "@ringback/ami/errors"
import type { AmiMessage } from "@ringback/ami/message"
import { bodyOf } from "@ringback/collector/gaps/known"
import type { OpenGap } from "@ringback/collector/gaps/open-gaps"
import { UnfilledGaps } from "@ringback/collector/gaps/unfilled"
import { Uptime } from "@ringback/collector/gaps/uptime"
import { FORGOTTEN } from "@ringback/events/message"
import { until } from "../harness/until.ts"
import { type Answer, SECOND, UNKNOWN, DENIED, LOST, row, gapOf, setUp } from "./scripted-lists.ts"

test("leaves to live events what they speak of while it asks, also where the module is loaded meanwhile", async (t) => {
  const { known, lists, inferred, gapLists, hear, asked } = setUp(t)
  known.set("campaign", "a", bodyOf(row("Campaign", "a", "old").headers))
  let again: Promise<unknown> | undefined
  lists.set("OutDialingShow", () => {
    if (again) return []
    hear("a")
    again = gapLists.ask({ gap: null, hasRestarted: true, isModule: true })
    return []
  })
  // A list may be older than the event, and is so for the first question alone.
  lists.set("OutCampaignShow", () => [row("Campaign", "a", asked.length > 10 ? "0" : "stale")])
  assert.deepEqual(await gapLists.ask({ gap: gapOf("g1") }), {})
  await again
  assert.deepEqual(inferred, [])
})

test("counts what was inferred before the session ended", async (t) => {
  const { known, lists, inferred, logged, gapLists } = setUp(t)
  known.set("dialing", "d", "x")
  lists.set("OutCampaignShow", [row("Campaign", "born")])
  let count = 0
  // The third time is that of an emptied list.
  lists.set("OutDialingShow", () => (++count > 2 ? LOST : []))
  assert.deepEqual(await gapLists.ask({ gap: gapOf("g1") }), { "campaign.created": 1 })
  assert.equal(inferred.length, 1)
  assert.ok(logged.includes("resync.broken"))
})

test("counts what the lists show that are known already, and asks again for those that are not", async (t) => {
  const { lists, inferred, logged, gapLists } = setUp(t)
  lists.set("OutCampaignShow", [row("Campaign", "born")])
  lists.set("OutPlanShow", UNKNOWN)
  assert.deepEqual(await gapLists.ask({ gap: gapOf("g1") }), { "campaign.created": 1 })
  assert.deepEqual(logged, ["lists.unknown"])
  lists.set("OutPlanShow", [row("Plan", "plan")])
  gapLists.askAgain(30 * SECOND)
  await until(() => inferred.length === 2)
  assert.deepEqual(inferred[1], { name: "OutPlanCreate", uuid: "plan", gap: "g1", others: [] })
  assert.deepEqual(logged, ["lists.unknown", "lists.answered"])
})

test("asks for unknown lists after half a minute, then ever more rarely; for denied ones not in this session", async (t) => {
  const { lists, asked, gapLists } = setUp(t)
  const answers = (answer: Answer) => {
    for (const kind of ["Campaign", "Plan", "Dlma", "Destination", "Dialing"])
      lists.set(`Out${kind}Show`, answer)
  }
  const isAskedAt = async (seconds: number) => {
    const before = asked.length
    gapLists.askAgain(seconds * SECOND)
    // Nothing in it waits where all lists are refused.
    await turn()
    return asked.length > before
  }
  answers(UNKNOWN)
  await gapLists.ask({ gap: gapOf("g1") })
  assert.equal(await isAskedAt(29), false)
  // The clock of this test stands still: each failure is at 0.
  for (const seconds of [30, 60, 120, 240, 480, 600, 600]) {
    assert.equal(await isAskedAt(seconds - 1), false, `before ${seconds}`)
    assert.equal(await isAskedAt(seconds), true, `at ${seconds}`)
  }
  answers(DENIED)
  await gapLists.ask({ gap: gapOf("g2") })
  assert.equal(await isAskedAt(3_600), false)
  gapLists.booted()
  assert.equal(await isAskedAt(3_600), true)
  answers([])
  await gapLists.ask({ gap: gapOf("g3") })
  gapLists.booted()
  assert.equal(await isAskedAt(7_200), false, "nothing is left to ask for")
})

test("asks for nothing more while it still asks, however often the time for it comes", async (t) => {
  const { lists, asked, gapLists } = setUp(t)
  lists.set("OutCampaignShow", () => {
    // Not for ever, should each list be asked for once more.
    if (asked.length > 20) return []
    gapLists.booted()
    gapLists.askAgain(0)
    return UNKNOWN
  })
  await gapLists.ask({ gap: gapOf("g1") })
  const { length } = asked
  await turn()
  assert.equal(asked.length, length)
  lists.set("OutCampaignShow", [])
  gapLists.askAgain(0)
  await until(() => asked.length > length)
})

test("compares the other lists where one is too large, and does not ask for that again", async (t) => {
  const { lists, inferred, logged, gapLists, asked } = setUp(t)
  lists.set("OutCampaignShow", new AmiError("list_too_large", "over 20000 rows"))
  lists.set("OutPlanShow", [row("Plan", "plan")])
  assert.deepEqual(await gapLists.ask({ gap: gapOf("g1") }), { "plan.created": 1 })
  assert.deepEqual(logged, ["lists.too-large"])
  assert.equal(inferred.length, 1)
  const before = asked.length
  gapLists.askAgain(3_600 * SECOND)
  await turn()
  assert.equal(asked.length, before)
})

test("bears the gaps of an earlier run whose lists were broken off", async (t) => {
  const first = setUp(t)
  first.lists.set("OutCampaignShow", LOST)
  await first.gapLists.ask({ gap: gapOf("g1") })
  const second = setUp(t, first.state)
  second.lists.set("OutCampaignShow", [row("Campaign", "born")])
  await second.gapLists.ask({ gap: gapOf("g2") })
  assert.deepEqual(second.inferred, [
    { name: "OutCampaignCreate", uuid: "born", gap: "g2", others: ["g1"] },
  ])
  const kept = new UnfilledGaps(first.state, (write) => write(), [])
  assert.equal(kept.current, undefined)
  const third = setUp(t, first.state)
  third.lists.set("OutPlanShow", [row("Plan", "plan")])
  await third.gapLists.ask({ gap: gapOf("g3") })
  assert.deepEqual(
    third.inferred.map(({ gap, others }) => [gap, others]),
    [["g3", []]],
    "once they were shown they are forgotten",
  )
})

test("bears the gaps of an earlier run that was killed while it asked, and those that a run before had left", async (t) => {
  const first = setUp(t)
  const bears = (at: string) => {
    const { gaps, from } = new UnfilledGaps(first.state, (write) => write(), []).current ?? {}
    assert.deepEqual(
      { gaps, from },
      { gaps: ["left", ...(at === "asking" ? ["g1"] : [])], from: 0 },
      at,
    )
  }
  const left: OpenGap = { ...gapOf("left"), reason: "restarted" }
  const unfilled = new UnfilledGaps(first.state, (write) => write(), [left])
  assert.deepEqual(unfilled.current?.gaps, ["left"])
  bears("start")
  const second = setUp(t, first.state)
  let isAsking = false
  second.lists.set("OutCampaignShow", () => {
    bears("asking")
    isAsking = true
    return [row("Campaign", "born")]
  })
  await second.gapLists.ask({ gap: gapOf("g1") })
  assert.ok(isAsking)
  assert.deepEqual(
    second.inferred.map(({ gap, others }) => [gap, others]),
    [["g1", ["left"]]],
  )
})

test("a PBX that is known to have restarted is not asked for its uptime, and loses its calls with or without a gap", async (t) => {
  for (const gap of [gapOf("g1"), null]) {
    // Its uptime would break the session off.
    const { known, lists, inferred, logged, gapLists } = setUp(t)
    for (const uuid of ["one", "other"]) known.set("dialing", uuid, "body")
    lists.set("OutDialingShow", UNKNOWN)
    assert.deepEqual(await gapLists.ask({ gap, hasRestarted: true }), {})
    assert.equal(inferred.length, 0)
    lists.set("OutDialingShow", [])
    // It is still known when the lists can be had at last.
    gapLists.booted()
    gapLists.askAgain(0)
    await until(() => inferred.length === 2)
    assert.deepEqual(
      inferred.map(({ name, uuid }) => [name, uuid]),
      ["one", "other"].map((uuid) => ["OutDialingDelete", uuid]),
    )
    if (gap) assert.ok(inferred.every((each) => each.gap === "g1"))
    assert.equal(known.of("dialing").size, 0)
    assert.deepEqual(logged, ["lists.unknown", "lists.answered"])
    await gapLists.stop()
  }
})

test("a call that the reloaded module forgot is ended as forgotten, also where the lists come later", async (t) => {
  const { known, lists, inferred, reasons, gapLists } = setUp(t)
  known.set("dialing", "one", "body")
  lists.set("OutDialingShow", UNKNOWN)
  await gapLists.ask({ gap: null, hasRestarted: true, isModule: true })
  lists.set("OutDialingShow", [])
  gapLists.booted()
  gapLists.askAgain(0)
  await until(() => inferred.length === 1)
  assert.deepEqual([inferred[0]!.name, reasons], ["OutDialingDelete", [FORGOTTEN]])
})

test("where only the uptime could tell and cannot be had, no call is ended, and the lists are asked for again", async (t) => {
  const { known, inferred, logged, gapLists } = setUp(t)
  known.set("dialing", "one", "body")
  assert.deepEqual(await gapLists.ask({ gap: gapOf("g1") }), {})
  assert.deepEqual([inferred, logged], [[], ["resync.broken"]])
  assert.equal(known.of("dialing").size, 1)
  // Without a gap nothing says that it restarted: a third look decides.
  const other = setUp(t)
  other.known.set("dialing", "one", "body")
  assert.deepEqual(await other.gapLists.ask({ gap: null }), { "dialing.deleted": 1 })
})

test("asks for the uptime no more where that cost the session twice in a row", async () => {
  let count = 0
  const answers: (AmiMessage | undefined)[] = [
    undefined,
    {
      kind: "response",
      name: "Success",
      headers: [
        ["Response", "Success"],
        ["Output", "System uptime: 10"],
      ],
    },
  ]
  const uptime = new Uptime(
    () => {
      const answer = answers[count++]
      return answer ? Promise.resolve(answer) : Promise.reject(LOST)
    },
    () => 100 * SECOND,
  )
  await assert.rejects(uptime.hasBegunSince(0), LOST)
  assert.equal(await uptime.hasBegunSince(50 * SECOND), true)
  await assert.rejects(uptime.hasBegunSince(0), LOST)
  await assert.rejects(uptime.hasBegunSince(0), LOST)
  assert.equal(await uptime.hasBegunSince(0), false)
  assert.equal(count, 4)
})
