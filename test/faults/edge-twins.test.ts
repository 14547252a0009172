import assert from "node:assert/strict"
import { test } from "node:test"
import { runPlan } from "../prove/edge/history.ts"
import { table, testHistories, type FoundHistory } from "./edge-histories.ts"

// Histories of twins that once failed, each in its least form, with what it was.
const found: FoundHistory[] = [
  {
    was: "the same of a twin that stood still for longer than its PBX was away",
    plan: {
      seed: 2055332119,
      version: 22,
      hasTimestamps: true,
      skewsMs: [0, 0],
      steps: [
        { afterMs: 108674, do: "freeze", who: 0, ms: 103967 },
        { afterMs: 9412, do: "pbx.stop", downMs: 16174, moduleMs: 0, isRestart: false },
        { afterMs: 66518, do: "kill", who: 1, downMs: 24582 },
        { afterMs: 104, do: "act", which: 7659 },
        { afterMs: 2736, do: "check", who: 1 },
      ],
    },
  },
  {
    was: "what one twin inferred was dropped, because the other's same inference had been refuted",
    plan: {
      seed: 302370564,
      version: 22,
      hasTimestamps: true,
      skewsMs: [0, 0],
      steps: [
        { afterMs: 202, do: "kill", who: 0, downMs: 111815 },
        { afterMs: 2173, do: "act", which: 1485 },
        { afterMs: 254, do: "act", which: 7683 },
        { afterMs: 103153, do: "cut", who: 1 },
        { afterMs: 131, do: "act", which: 5197 },
        { afterMs: 5990, do: "queue.away", ms: 19252 },
        { afterMs: 2670, do: "kill", who: 0, downMs: 6445 },
        { afterMs: 6471, do: "act", which: 8623 },
      ],
    },
  },
  {
    was: "a twin that was killed and started again, and had not yet said what it had read before, counted as away",
    plan: {
      seed: 131119789,
      version: 22,
      hasTimestamps: true,
      skewsMs: [0, 0],
      steps: [
        { afterMs: 7315, do: "act", which: 6573 },
        { afterMs: 5092, do: "act", which: 7520 },
        { afterMs: 5853, do: "act", which: 971 },
        { afterMs: 95526, do: "pbx.kill", downMs: 12030, moduleMs: 0, isReset: true },
        { afterMs: 46773, do: "queue.away", ms: 18783 },
        { afterMs: 11195, do: "kill", who: 1, downMs: 19165 },
        { afterMs: 4274, do: "pbx.kill", downMs: 141086, moduleMs: 0, isReset: false },
        { afterMs: 46375, do: "pbx.kill", downMs: 6583, moduleMs: 0, isReset: false },
      ],
    },
  },
  {
    was: "a twin that had missed the end of the last call ended it once more at the next restart",
    plan: {
      seed: 394798768,
      version: 22,
      hasTimestamps: true,
      skewsMs: [0, 0],
      steps: [
        { afterMs: 2823, do: "act", which: 2444 },
        { afterMs: 3934, do: "cut", who: 1 },
        { afterMs: 235, do: "act", which: 8856 },
        { afterMs: 34742, do: "pbx.die-in-list", rows: 0, downMs: 9384, moduleMs: 0 },
        { afterMs: 953, do: "cut", who: 0 },
        { afterMs: 58317, do: "burst", which: 9787, count: 11 },
      ],
    },
  },
  {
    was: "a call whose end one twin heard was ended once more by the other, whose gap was covered in part",
    plan: {
      seed: 1765011174,
      version: 22,
      hasTimestamps: true,
      skewsMs: [0, 0],
      steps: [
        { afterMs: 103229, do: "act", which: 9000 },
        { afterMs: 6787, do: "kill", who: 0, downMs: 21148 },
        { afterMs: 8216, do: "burst", which: 4349, count: 9 },
        { afterMs: 102, do: "cut", who: 1 },
      ],
    },
  },
  {
    was: "a check whose PBX went away after the login ended with a stack trace",
    plan: {
      seed: 1974634448,
      version: 22,
      hasTimestamps: true,
      skewsMs: [0, 0],
      steps: [
        { afterMs: 121, do: "act", which: 3997 },
        { afterMs: 41, do: "stop", who: 1, downMs: 684 },
        { afterMs: 7611, do: "stop", who: 0, downMs: 3173 },
        { afterMs: 6038, do: "act", which: 6773 },
        { afterMs: 7683, do: "check", who: 0 },
        { afterMs: 65, do: "pbx.kill", downMs: 18815, moduleMs: 0, isReset: false },
      ],
    },
  },
  {
    was: "a call that a module forgot was never ended, because a twin that heard nothing of it covered the gap",
    plan: {
      seed: 719301183,
      version: 22,
      hasTimestamps: true,
      skewsMs: [0, 0],
      steps: [
        { afterMs: 3954, do: "kill", who: 1, downMs: 2138 },
        { afterMs: 1174, do: "act", which: 2544 },
        { afterMs: 3882, do: "pbx.unload", ms: 105609 },
        { afterMs: 7494, do: "kill", who: 0, downMs: 18275 },
      ],
    },
  },
  {
    was: "a call that died in a gap whose lists were broken off was never ended, because a twin covered the next gap",
    plan: {
      seed: 518527833,
      version: 22,
      hasTimestamps: true,
      skewsMs: [0, 0],
      steps: [
        { afterMs: 183477, do: "stop", who: 0, downMs: 1820 },
        { afterMs: 291, do: "act", which: 3796 },
        { afterMs: 214, do: "pbx.kill", downMs: 360, moduleMs: 0, isReset: true },
        { afterMs: 3578, do: "kill", who: 1, downMs: 10357 },
      ],
    },
  },
  {
    was: "a call that ended in a gap after the module was loaded anew was ended as forgotten, beside its real end",
    plan: {
      seed: 563482257,
      version: 22,
      hasTimestamps: true,
      skewsMs: [0, 0],
      steps: [
        { afterMs: 396, do: "queue.away", ms: 78481 },
        { afterMs: 12465, do: "act", which: 5766 },
        { afterMs: 57158, do: "pbx.unload", ms: 542 },
        { afterMs: 3528, do: "act", which: 9836 },
        { afterMs: 264, do: "cut", who: 1 },
        { afterMs: 254, do: "burst", which: 2359, count: 11 },
      ],
    },
  },
  {
    was: "an inferred end was accepted while a twin, whose heartbeat got through first, had the real one in its spool",
    plan: {
      seed: 550326724,
      version: 22,
      hasTimestamps: true,
      skewsMs: [0, 0],
      steps: [
        { afterMs: 4901, do: "cut", who: 0 },
        { afterMs: 171, do: "pbx.die-in-list", rows: 1, downMs: 4100, moduleMs: 0 },
        { afterMs: 14260, do: "stop", who: 1, downMs: 2189 },
        { afterMs: 44546, do: "freeze", who: 1, ms: 701 },
        { afterMs: 29435, do: "queue.away", ms: 137884 },
        { afterMs: 1429, do: "pbx.kill", downMs: 17811, moduleMs: 0, isReset: false },
        { afterMs: 5911, do: "check", who: 1 },
        { afterMs: 60922, do: "freeze", who: 0, ms: 20093 },
        { afterMs: 42158, do: "act", which: 9584 },
        { afterMs: 4992, do: "kill", who: 0, downMs: 17886 },
        { afterMs: 2292, do: "act", which: 6612 },
        { afterMs: 3483, do: "pbx.kill", downMs: 15199, moduleMs: 11933, isReset: true },
        { afterMs: 46833, do: "stop", who: 0, downMs: 91819 },
      ],
    },
  },
  {
    was: "the queue was away for a twin's heartbeat, and the twin was frozen at the next",
    plan: {
      seed: 99650733,
      version: 22,
      hasTimestamps: true,
      skewsMs: [0, 0],
      steps: [
        { afterMs: 20272, do: "stop", who: 0, downMs: 42671 },
        { afterMs: 47913, do: "queue.away", ms: 9607 },
        { afterMs: 20825, do: "freeze", who: 1, ms: 139167 },
        { afterMs: 111374, do: "pbx.stop", downMs: 3211, moduleMs: 0, isRestart: true },
      ],
    },
  },
]

testHistories(found)

test("a plan brings the same history twice", async () => {
  const { plan } = found[0]!
  const [first, second] = [await runPlan(plan, table), await runPlan(plan, table)]
  assert.deepEqual(second.counts, first.counts)
  assert.equal(second.lines.length, first.lines.length)
})
