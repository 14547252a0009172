import type { Command } from "commander"
import * as v from "valibot"
import { Failure } from "../failure.ts"
import { addExamples, idArgument } from "../group.ts"
import { confirmAction, sayDone, sayRecord } from "../say.ts"
import { type Open, pathOf } from "../session.ts"

const Started = v.looseObject({ jobId: v.string() })
const Job = v.looseObject({ id: v.string(), kind: v.string(), status: v.string() })

type Options = { uuid?: string; contactKey?: string; yes?: boolean }

export function addErase(program: Command, open: Open): void {
  const command = program
    .command("erase")
    .summary("erase what names a person or a call")
    .description("Erases all that names a person or a call. It cannot be undone.")
    .option("--uuid <uuid>", "of the dial list's row, the call or another record")
    .option("--contact-key <key>", "the row's own key (UKey)")
    .option("-y, --yes", "do not ask")
    .action(async ({ uuid, contactKey, yes }: Options) => {
      if ((uuid === undefined) === (contactKey === undefined))
        throw new Failure("Give either --uuid or --contact-key.", 2)
      const session = await open.open(command)
      const who = uuid === undefined ? `the key ${contactKey}` : `the Uuid ${uuid}`
      await confirmAction(session, yes, `Erase for ever what names ${who}?`)
      const body = uuid === undefined ? { contactKey } : { uuid }
      const { jobId } = await session.api.post(Started, pathOf(session, "erase"), body)
      const next = `${session.name} job ${jobId}`
      sayDone(session, { jobId }, `${jobId} erases it: that takes a minute or more`, [next])
    })
  addExamples(command, [["erase --contact-key 10042"]])
}

export function addJob(program: Command, open: Open): void {
  const command = program
    .command("job")
    .summary("say how far a recovery or an erasure is")
    .description("Says how far a recovery or an erasure is.")
    .addArgument(idArgument("<id>", { one: "a job", prefix: "job" }))
    .action(async (id: string) => {
      const session = await open.open(command)
      sayRecord(session, await session.api.get(Job, pathOf(session, "jobs", id)))
    })
}
