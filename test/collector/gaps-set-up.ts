import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after } from "node:test"
import type { AmiMessage } from "@ringback/ami/message"
import { makeEnvelope } from "@ringback/collector/envelope"
import { GapLists } from "@ringback/collector/gaps/gap-lists"
import { GapReports } from "@ringback/collector/gaps/gap-reports"
import { Gaps } from "@ringback/collector/gaps/gaps"
import { Known, listedKinds } from "@ringback/collector/gaps/known"
import type { ListRefusal } from "@ringback/collector/gaps/list-refusal"
import { Losses } from "@ringback/collector/gaps/losses"
import { OpenGaps } from "@ringback/collector/gaps/open-gaps"
import { UnfilledGaps } from "@ringback/collector/gaps/unfilled"
import { jsonOf } from "@ringback/collector/spool/record"
import { Spool } from "@ringback/collector/spool/spool"
import { openState, type State } from "@ringback/collector/state"

const root = mkdtempSync(join(tmpdir(), "ringback-gaps-"))
after(() => rmSync(root, { recursive: true }))
export const makeDir = () => mkdtempSync(join(root, "d"))
const openSpool = (dir: string) =>
  Spool.open({ dir, maxBytes: 1e8, acknowledged: 0, saveAcknowledged() {} })

export type Line = { event: string; fields: Record<string, unknown> }

export async function setUp(dir = makeDir(), state: State = openState(undefined, 0)) {
  const spool = await openSpool(dir)
  const known = new Known(state)
  for (const kind of listedKinds) known.setWhole(kind)
  const lines: Line[] = []
  const log = (event: string, fields = {}) => void lines.push({ event, fields })
  const attempt = (write: () => void) => write()
  const openGaps = new OpenGaps(state, attempt)
  const losses = new Losses((loss) => openGaps.keep({ ...loss, to: null }))
  const asked: string[] = []
  /** What was made of the lists, and why. */
  const inferred: [name: string, reason: string][] = []
  /** What is left to report when the lists are asked for. */
  const keptThen: string[][] = []
  const answers = new Map<string, AmiMessage[] | ListRefusal>()
  const now = () => 99_000
  const envelope = makeEnvelope({ tenant: "t", source: "s", collector: "c" })
  const parts = { spool, known, losses, openGaps, envelope, log, now }
  const kept = () => new OpenGaps(state, attempt).left.map(({ id }) => id)
  const entry = {
    bytes: Buffer.from("0 {}\n"),
    from: 0,
    to: 5,
    end: 5,
    isLoaded: false,
    isDone: true,
  }
  const lists = new GapLists({
    ...parts,
    intake: {
      takeSynthetic({ name }, _, { reason }) {
        inferred.push([name, reason])
        return { ...entry }
      },
      takeRecord() {},
    },
    unfilled: new UnfilledGaps(state, attempt, openGaps.left),
    async list(action) {
      asked.push(action)
      keptThen.push(kept())
      return answers.get(action) ?? []
    },
    send: () => Promise.reject(new Error("not asked")),
    confirmMs: 1,
  })
  const gaps = new Gaps({ ...parts, lists, reports: new GapReports(parts) })
  const reported = () =>
    spool.take(1000, 1e8).flatMap((each) => {
      const { kind, gap } = JSON.parse(jsonOf(each)) as {
        kind: string
        gap: Record<string, unknown>
      }
      return kind === "gap" ? [gap] : []
    })
  const close = async () => {
    await gaps.stop()
    await spool.close()
  }
  return {
    spool,
    known,
    lines,
    losses,
    openGaps,
    asked,
    inferred,
    keptThen,
    kept,
    answers,
    gaps,
    reported,
    close,
  }
}
export const event = (name: string, ...headers: [string, string][]): AmiMessage => ({
  kind: "event",
  name,
  headers: [["Event", name], ...headers],
})
export const without = (gap: Record<string, unknown> | undefined, name: string) => {
  const { [name]: _, ...rest } = gap!
  return rest
}

/** A spool whose messages of these times are broken. */
export async function damage(times: number[], broken: number[]) {
  const dir = makeDir()
  const spool = await openSpool(dir)
  for (const receivedAt of times)
    spool.append(JSON.stringify({ v: 1, kind: "event", receivedAt, id: "A".repeat(22) }))
  await spool.close()
  const [name] = readdirSync(dir) as [string]
  let text = readFileSync(join(dir, name), "latin1")
  const sizes = text.split("\n").map((line) => line.length + 1)
  for (const at of broken) text = text.replace(`"receivedAt":${at},`, `"receivedAt":${at}!`)
  writeFileSync(join(dir, name), text, "latin1")
  return { dir, bytes: broken.reduce((sum, at) => sum + sizes[times.indexOf(at)]!, 0) }
}
