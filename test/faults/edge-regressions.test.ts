import assert from "node:assert/strict"
import { before, test } from "node:test"
import { runPlan, type Table } from "../prove/edge/history.ts"
import type { Plan } from "../prove/edge/plan.ts"
import { makeTable } from "../prove/edge/workers.ts"

// Every history of the edge that once failed, in its least form, with what it was.
const found: { was: string; plan: Plan }[] = [
  {
    was: "what had waited while the collector stood still began a gap where it was read, after what was lost",
    plan: {
      seed: 678398197,
      version: 22,
      hasTimestamps: true,
      skewsMs: [0],
      steps: [
        { afterMs: 934, do: "freeze", who: 0, ms: 2830 },
        { afterMs: 225, do: "pbx.stop", downMs: 910, moduleMs: 0, isRestart: true },
        { afterMs: 1487, do: "act", which: 6742 },
        { afterMs: 17011, do: "act", which: 3077 },
      ],
    },
  },
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
    was: "a call whose end was sent, but not yet written down as known, was ended once more by the next run",
    plan: {
      seed: 971015660,
      version: 22,
      hasTimestamps: true,
      skewsMs: [0],
      steps: [
        { afterMs: 107601, do: "act", which: 2476 },
        { afterMs: 57638, do: "act", which: 4894 },
        { afterMs: 84, do: "kill", who: 0, downMs: 14957 },
        { afterMs: 26353, do: "pbx.kill", downMs: 2771, moduleMs: 0, isReset: false },
      ],
    },
  },
  {
    was: "a call whose beginning was sent, but not yet written down as known, was never ended",
    plan: {
      seed: 1397078837,
      version: 22,
      hasTimestamps: true,
      skewsMs: [0],
      steps: [
        { afterMs: 16353, do: "burst", which: 49, count: 11 },
        { afterMs: 37, do: "kill", who: 0, downMs: 3057 },
        { afterMs: 3000, do: "act", which: 0 },
      ],
    },
  },
  {
    was: "a gap that a full disk kept from being noted was forgotten with the process that knew it",
    plan: {
      seed: 431973769,
      version: 22,
      hasTimestamps: true,
      skewsMs: [0],
      steps: [
        { afterMs: 7916, do: "pbx.kill", downMs: 6429, moduleMs: 0, isReset: false },
        { afterMs: 16274, do: "pbx.stop", downMs: 13356, moduleMs: 0, isRestart: true },
        { afterMs: 15248, do: "act", which: 9612 },
        { afterMs: 6462, do: "pbx.freeze", ms: 118684 },
        { afterMs: 10178, do: "pbx.kill", downMs: 9386, moduleMs: 0, isReset: false },
        { afterMs: 3261, do: "fill-disk", who: 0, ms: 9485 },
        { afterMs: 17, do: "kill", who: 0, downMs: 2738 },
        { afterMs: 10012, do: "kill", who: 0, downMs: 22745 },
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
    was: "a call that ended in a gap was never ended, because a new one began between the two lists",
    plan: {
      seed: 242532052,
      version: 22,
      hasTimestamps: true,
      skewsMs: [0],
      steps: [
        { afterMs: 47314, do: "act", which: 4378 },
        { afterMs: 650, do: "stop", who: 0, downMs: 12771 },
        { afterMs: 737, do: "act", which: 6813 },
        { afterMs: 13480, do: "act", which: 4321 },
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
    was: "what twins both missed was covered by each for the other, because the clock of one was 15 s behind",
    plan: {
      seed: 1132021530,
      version: 22,
      hasTimestamps: true,
      skewsMs: [-14581, 0],
      steps: [
        { afterMs: 15184, do: "pbx.kill", downMs: 13055, moduleMs: 0, isReset: true },
        { afterMs: 16523, do: "act", which: 3059 },
      ],
    },
  },
  {
    was: "a gap was told though a twin read throughout, because its clock was 30 s ahead",
    plan: {
      seed: 130734907,
      version: 22,
      hasTimestamps: true,
      skewsMs: [0, 29911],
      steps: [
        { afterMs: 5629, do: "pbx.stop", downMs: 200, moduleMs: 0, isRestart: true },
        { afterMs: 27061, do: "kill", who: 0, downMs: 19286 },
        { afterMs: 4336, do: "act", which: 3931 },
      ],
    },
  },
  {
    was: "an inferred end looked older than the call's beginning, because the collector's clock was 15 s behind",
    plan: {
      seed: 147634166,
      version: 22,
      hasTimestamps: true,
      skewsMs: [-14892],
      steps: [
        { afterMs: 93, do: "act", which: 6988 },
        { afterMs: 5, do: "pbx.kill", downMs: 17612, moduleMs: 0, isReset: false },
      ],
    },
  },
  {
    was: "a call whose end waited for the queue was ended once more by a twin whose clock is hours off",
    plan: {
      seed: 1741569311,
      version: 22,
      hasTimestamps: true,
      skewsMs: [0, 7199099],
      steps: [
        { afterMs: 48890, do: "cut", who: 1 },
        { afterMs: 1309, do: "act", which: 9030 },
        { afterMs: 1863, do: "act", which: 2520 },
        { afterMs: 185, do: "act", which: 6946 },
        { afterMs: 23365, do: "queue.away", ms: 24348 },
        { afterMs: 1632, do: "cut", who: 1 },
        { afterMs: 136, do: "burst", which: 4566, count: 11 },
        { afterMs: 23665, do: "act", which: 6925 },
      ],
    },
  },
  {
    was: "a record that changed while the collector was away was not told: the module came later, without a word",
    plan: {
      seed: 48378261,
      version: 13,
      hasTimestamps: true,
      skewsMs: [0],
      steps: [
        { afterMs: 97925, do: "stop", who: 1, downMs: 17700 },
        { afterMs: 16784, do: "burst", which: 4884, count: 3 },
        { afterMs: 17, do: "pbx.unload", ms: 7341 },
        { afterMs: 4927, do: "act", which: 3539 },
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
    was: "the same of calls that a module forgot without a word, of which each twin covered the other's gap",
    plan: {
      seed: 1733890570,
      version: 13,
      hasTimestamps: true,
      skewsMs: [-25512, 0],
      steps: [
        { afterMs: 18547, do: "burst", which: 4009, count: 7 },
        { afterMs: 943, do: "pbx.unload", ms: 17828 },
        { afterMs: 31871, do: "cut", who: 0 },
        { afterMs: 5086, do: "kill", who: 1, downMs: 23138 },
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
    was: "what had waited while the collector stood still, and was still in its spool at the next start, hid the gap",
    plan: {
      seed: 1303989394,
      version: 22,
      hasTimestamps: true,
      skewsMs: [0],
      steps: [
        { afterMs: 6168, do: "freeze", who: 1, ms: 89577 },
        { afterMs: 24037, do: "act", which: 3878 },
        { afterMs: 156, do: "stop", who: 1, downMs: 18059 },
        { afterMs: 1473, do: "pbx.kill", downMs: 2063, moduleMs: 0, isReset: false },
        { afterMs: 59985, do: "freeze", who: 1, ms: 16131 },
        { afterMs: 8114, do: "queue.away", ms: 44407 },
        { afterMs: 10, do: "act", which: 7618 },
        { afterMs: 59990, do: "act", which: 83 },
      ],
    },
  },
  {
    was: "a standstill whose end a full disk kept from being written down began the gap of the next restart",
    plan: {
      seed: 1664686395,
      version: 22,
      hasTimestamps: true,
      skewsMs: [0],
      steps: [
        { afterMs: 35605, do: "freeze", who: 1, ms: 1540 },
        { afterMs: 2026, do: "fill-disk", who: 1, ms: 17759 },
        { afterMs: 26970, do: "kill", who: 1, downMs: 2288 },
      ],
    },
  },
  {
    was: "the same, minutes before the restart",
    plan: {
      seed: 2011324515,
      version: 22,
      hasTimestamps: true,
      skewsMs: [0],
      steps: [
        { afterMs: 92400, do: "freeze", who: 1, ms: 1813 },
        { afterMs: 2125, do: "fill-disk", who: 0, ms: 10772 },
        { afterMs: 139683, do: "kill", who: 1, downMs: 12858 },
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
  // In the last two no collector was wrong: ingest waits two minutes for what a twin has read, and the oracle knows that now.
  {
    was: "a twin was frozen for longer than ingest waits for what it had read",
    plan: {
      seed: 883608830,
      version: 22,
      hasTimestamps: true,
      skewsMs: [-7932, 0],
      steps: [
        { afterMs: 60463, do: "stop", who: 1, downMs: 1163 },
        { afterMs: 13626, do: "freeze", who: 0, ms: 161778 },
        { afterMs: 112079, do: "act", which: 219 },
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

let table: Table
before(async () => void (table = await makeTable()))

for (const { was, plan } of found) {
  test(`told truly: ${was}`, async () => {
    const { problems } = await runPlan(plan, table)
    assert.deepEqual(problems, [])
  })
}

test("a plan brings the same history twice", async () => {
  const { plan } = found[1]!
  const [first, second] = [await runPlan(plan, table), await runPlan(plan, table)]
  assert.deepEqual(second.counts, first.counts)
  assert.equal(second.lines.length, first.lines.length)
})
