import { testHistories } from "./edge-histories.ts"

// Histories of one collector that once failed, each in its least form, with what it was.
testHistories([
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
])
