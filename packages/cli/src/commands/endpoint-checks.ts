import type { Command } from "commander"
import * as v from "valibot"
import { Failure } from "../failure.ts"
import { anEndpoint } from "../endpoint.ts"
import { addExamples, idArgument } from "../group.ts"
import { plain } from "../plain.ts"
import { type Open, pathOf } from "../session.ts"
import { type Column, printPairs, printTable } from "../table.ts"
import { localTime } from "../time.ts"
import { durationText } from "../webhook.ts"

const TestResult = v.looseObject({
  delivered: v.boolean(),
  statusCode: v.nullable(v.number()),
  durationMs: v.number(),
  error: v.nullable(v.string()),
  responseBody: v.nullish(v.string()),
})

const Window = v.looseObject({
  counts: v.record(v.string(), v.number()),
  latencyMs: v.looseObject({ p50: v.nullable(v.number()), p95: v.nullable(v.number()) }),
  isEstimate: v.optional(v.boolean()),
})
type Window = v.InferOutput<typeof Window>

const Stats = v.looseObject({
  lastHour: Window,
  lastDay: Window,
  lastWeek: Window,
  failingSince: v.nullable(v.string()),
})

export function addEndpointChecks(group: Command, open: Open): void {
  const test = group
    .command("test")
    .description(
      "Sends an example webhook now and shows the response. Exits with 1 if it was not accepted.",
    )
    .addArgument(idArgument("<id>", anEndpoint))
    .option("--event-type <type>", "type of the example (default: one that the endpoint asks for)")
    .action(async (id: string, { eventType }: { eventType?: string }) => {
      const session = await open.open(test)
      const { terminal, isJson } = session
      const body = eventType === undefined ? {} : { eventType }
      const path = pathOf(session, "endpoints", id, "test")
      const result = await session.api.post(TestResult, path, body)
      if (isJson) terminal.print(JSON.stringify(result))
      const answer = [result.statusCode, result.error].filter((part) => part !== null).join(" ")
      const text = `${plain(answer)} in ${durationText(result.durationMs)}`
      if (!result.delivered) {
        const said = result.responseBody ? `\n  ${result.responseBody}` : ""
        throw new Failure(`The receiver did not accept it: ${text}${said}`)
      }
      if (!isJson) terminal.print(`${terminal.paint("green", "✓")} delivered: ${text}`)
    })
  addExamples(test, [["endpoints test ep_... --event-type call.completed"]])
  const stats = group
    .command("stats")
    .description("Shows an endpoint's deliveries by status, and its response times.")
    .addArgument(idArgument("<id>", anEndpoint))
    .action(async (id: string) => {
      const session = await open.open(stats)
      const answer = await session.api.get(Stats, pathOf(session, "endpoints", id, "stats"))
      if (session.isJson) return session.terminal.print(JSON.stringify(answer))
      const windows: Row[] = [
        ["last hour", answer.lastHour],
        ["last day", answer.lastDay],
        ["last week", answer.lastWeek],
      ]
      printTable(session.terminal, statsColumns, windows)
      if (answer.failingSince !== null)
        printPairs(session.terminal, [["failing since", localTime(answer.failingSince), "red"]])
    })
}

type Row = [name: string, window: Window]

const millis = (value: number | null) => (value === null ? "" : durationText(value))

const statsColumns: Column<Row>[] = [
  { title: "in the", text: ([name, { isEstimate }]) => `${name}${isEstimate ? " (about)" : ""}` },
  ...["delivered", "pending", "failed", "held", "discarded"].map((status): Column<Row> => ({
    title: status,
    text: ([, { counts }]) => `${counts[status] ?? 0}`,
  })),
  { title: "p50", text: ([, { latencyMs }]) => millis(latencyMs.p50) },
  { title: "p95", text: ([, { latencyMs }]) => millis(latencyMs.p95) },
]
