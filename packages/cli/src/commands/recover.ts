import { type Command, Option } from "commander"
import * as v from "valibot"
import { statuses } from "../delivery.ts"
import { anEndpoint } from "../endpoint.ts"
import { addExamples, idArgument } from "../group.ts"
import { printResult } from "../print.ts"
import { type Open, pathOf } from "../session.ts"
import { readTime } from "../time.ts"

const Recovery = v.looseObject({
  count: v.number(),
  isLowerBound: v.optional(v.boolean()),
  jobId: v.optional(v.string()),
})

type Options = { since: string; until?: string; status?: string[]; dryRun?: boolean }

const fromNow = (text: string) => readTime(text, Date.now())

/** Used as a command of its own and as a subcommand of `endpoints`. */
export function addRecover(parent: Command, open: Open): void {
  const recover = parent
    .command("recover")
    .summary(parent.parent ? "" : "send again what an endpoint did not receive")
    .description(
      "Sends again all events of that time which an endpoint asked for and did not receive.",
    )
    .addArgument(idArgument("<endpoint>", anEndpoint))
    .requiredOption(
      "--since <time>",
      "events received since that time: RFC 3339, or 10m, 2h, 3d ago",
      fromNow,
    )
    .option("--until <time>", "events received before that time (default: now)", fromNow)
    .addOption(
      new Option(
        "--status <status...>",
        "deliveries with these statuses (default: failed held)",
      ).choices(statuses),
    )
    .option("--dry-run", "only count, send nothing")
    .action(async (id: string, { since, until, status, dryRun }: Options) => {
      const session = await open.open(recover)
      const path = pathOf(session, "endpoints", id, "recover")
      const answer = await session.api.post(Recovery, path, {
        since,
        ...(until !== undefined && { until }),
        ...(status !== undefined && { statuses: status }),
        ...(dryRun && { dryRun }),
      })
      const next = `${session.name} deliveries --endpoint ${id}`
      printResult(session, answer, wordsFor(answer, dryRun === true), dryRun ? [] : [next])
    })
  addExamples(recover, [
    ["recover ep_... --since 2h --dry-run", "counts the deliveries that did not arrive"],
    ["recover ep_... --since 2026-11-22T06:00:00Z --status failed held"],
  ])
}

function wordsFor({ count, isLowerBound }: v.InferOutput<typeof Recovery>, isDry: boolean): string {
  if (count === 0 && isLowerBound) {
    const what = "the log is too long to count what is missing"
    return isDry ? `${what}; this was a dry run` : `${what}; all of it is sent again`
  }
  if (count === 0) return "there is nothing to send again"
  const what = `${isLowerBound ? "at least " : ""}${count} ${count === 1 ? "delivery" : "deliveries"}`
  if (isDry) return `${what} would be sent again; this was a dry run`
  return `${what} ${count === 1 ? "is" : "are"} sent again`
}
