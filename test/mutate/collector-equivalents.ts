import type { Equivalent } from "./known-equivalents.ts"

/** Those of the collector. */
export const COLLECTOR_EQUIVALENTS: readonly Equivalent[] = [
  {
    file: "packages/collector/src/spool/segment.ts",
    line: "for (const name of (await readdir(dir)).sort()) {",
    what: "(await readdir(dir)).sort() -> (await readdir(dir))",
    reason: "Node reads a directory by libuv, which sorts its names",
  },
  {
    file: "packages/collector/src/spool/recovery.ts",
    line: "if (segment === segments.at(-1) && until > position) {",
    what: "segment === segments.at(-1) && until > position -> segment === segments.at(-1)",
    reason: "of a segment that was all acknowledged the end is its size then, as it was",
  },
  {
    file: "packages/collector/src/selection.ts",
    line: "if (this.#unwanted.size < MAX_UNWANTED) this.#unwanted.add(name)",
    what: "< -> <=",
    reason: "one name more is remembered, which saves or costs no more than its look-up",
  },
  {
    file: "packages/collector/src/gaps/known.ts",
    line: "else if (first && first.end > 0) to = Math.min(to, first.end - 1)",
    what: "0 -> 1",
    reason: "a record on the disk ends after its first byte",
  },
  {
    file: "packages/collector/src/pbx-collector.ts",
    line: "if (ended) this.#progress.remember()",
    what: "ended -> true",
    reason: "what is remembered a second early is as true as by the timer",
  },
  {
    file: "packages/collector/src/spool/segment-files.ts",
    line: "await handle.sync()",
    what: "await handle.sync() -> handle.sync()",
    reason:
      "the file is closed after it: what is then not on the disk only a loss of power could show",
  },
  {
    file: "packages/collector/src/spool/record.ts",
    line: "if (end === 0) return this.write(finish(head, message))",
    what: "end === 0 -> true",
    reason: "the same bytes, made in the slow way",
  },
  {
    file: "packages/collector/src/progress.ts",
    line: "const newest = Math.max(Number(remembered), spool.lastReceivedAt ?? 0)",
    what: "0 -> 1",
    reason: "no time that was saved is so early",
  },
  {
    file: "packages/collector/src/spool/segment.ts",
    line: "while (length < buffer.length) {",
    what: "< -> <=",
    reason: "a full buffer is asked for nothing once more",
  },
  {
    file: "packages/collector/src/spool/send-window.ts",
    line: "export const isSafe = ({ end, isDone }: Entry) => end > 0 || isDone",
    what: "0 -> 1",
    reason: "a line has ten bytes at least, and so ends behind them",
  },
  {
    file: "packages/collector/src/spool/send-window.ts",
    line: "if (this.#first > 1_000 && this.#first * 2 > this.#entries.length) {",
    what: /./,
    reason: "how much of what is done stays in memory, and for how long; never what is given",
  },
  {
    file: "packages/collector/src/collector.ts",
    line: "log,",
    what: "log, -> (removed)",
    reason: "the options before it bear the same log",
  },
  {
    file: "packages/collector/src/pbx-collector.ts",
    line: "...(tuning && { tuning }),",
    what: "...(tuning && { tuning }), -> (removed)",
    reason: "timeouts that tests shorten: with the usual ones they see the same, later",
  },
  {
    file: "packages/collector/src/gaps/unfilled.ts",
    line: 'if (text === (this.#state.get(FACT) ?? "")) return',
    what: '"" -> "mutant"',
    reason: "an empty text is written where nothing is stored, and is read as nothing",
  },
  {
    file: "packages/collector/src/spool/spool.ts",
    line: "if (this.#trouble) this.#sendUnwritten()",
    what: "this.#trouble -> true",
    reason: "what leaves before it is written is as safe with the queue as on the disk",
  },
  {
    file: "packages/collector/src/pbx-check.ts",
    line: 'if (code === "tls_failed" && reason?.includes(NO_TLS)) {',
    what: 'code === "tls_failed" && reason?.includes(NO_TLS) -> reason?.includes(NO_TLS)',
    reason: "no other failure has these words",
  },
  {
    file: "packages/collector/src/state.ts",
    line: 'database.exec("PRAGMA synchronous = NORMAL")',
    what: 'database.exec("PRAGMA synchronous = NORMAL") -> ;',
    reason: "SQLite then flushes at each write, which is slower and says the same",
  },
]
