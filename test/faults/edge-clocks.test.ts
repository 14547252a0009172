import { testHistories } from "./edge-histories.ts"

// Histories of collectors whose clocks are off that once failed, each in its least form, with what it was.
testHistories([
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
])
