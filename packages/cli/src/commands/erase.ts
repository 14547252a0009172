import type { Command } from "commander"
import * as v from "valibot"
import { Failure } from "../failure.ts"
import { addExamples, idArgument } from "../group.ts"
import { confirmAction, printResult, printRecord } from "../print.ts"
import { type Open, pathOf } from "../session.ts"

const Started = v.looseObject({ jobId: v.string() })
const Job = v.looseObject({ id: v.string(), kind: v.string(), status: v.string() })

type Options = { uuid?: string; contactKey?: string; yes?: boolean }

export function addErase(program: Command, open: Open): void {
  const command = program
    .command("erase")
    .summary("erase the data of a person or a call")
    .description("Erases all data that names a person or a call. This cannot be undone.")
    .option("--uuid <uuid>", "Uuid of the dial list's row, the call or another record")
    .option("--contact-key <key>", "the row's own key (UKey)")
    .option("-y, --yes", "do not ask for confirmation")
    .action(async ({ uuid, contactKey, yes }: Options) => {
      if ((uuid === undefined) === (contactKey === undefined))
        throw new Failure("Give either --uuid or --contact-key.", 2)
      const session = await open.open(command)
      const who = uuid === undefined ? `the key ${contactKey}` : `the Uuid ${uuid}`
      await confirmAction(session, yes, `Permanently erase all data that names ${who}?`)
      const body = uuid === undefined ? { contactKey } : { uuid }
      const { jobId } = await session.api.post(Started, pathOf(session, "erase"), body)
      const next = `${session.name} job ${jobId}`
      printResult(session, { jobId }, `${jobId} started; it takes a minute or more`, [next])
    })
  addExamples(command, [["erase --contact-key 10042"]])
}

export function addJob(program: Command, open: Open): void {
  const command = program
    .command("job")
    .summary("show the progress of a recovery or an erasure")
    .description("Shows the progress of a recovery or an erasure.")
    .addArgument(idArgument("<id>", { one: "a job", prefix: "job" }))
    .action(async (id: string) => {
      const session = await open.open(command)
      printRecord(session, await session.api.get(Job, pathOf(session, "jobs", id)))
    })
}
