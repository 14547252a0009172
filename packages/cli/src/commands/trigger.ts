import { type Command, Option } from "commander"
import * as v from "valibot"
import type { Api } from "../api.ts"
import { chooseSource } from "../choose.ts"
import { Failure } from "../failure.ts"
import { addExamples } from "../group.ts"
import { readPair } from "../pairs.ts"
import { Refusal } from "../refusal.ts"
import { printResult } from "../print.ts"
import { type Open, pathOf } from "../session.ts"

const OUTCOMES = ["answered", "busy", "rejected", "no_answer", "congestion", "failed"]

const Triggered = v.looseObject({
  eventId: v.optional(v.string()),
  uuid: v.optional(v.string()),
  eventIds: v.optional(v.array(v.string())),
})

type Options = {
  source?: string
  uuid?: string
  field?: Record<string, string>
  outcome?: string
}

export function addTrigger(program: Command, open: Open): void {
  const trigger = program
    .command("trigger")
    .summary("send an example event, or a whole call, through the whole pipeline")
    .description(
      "Sends an example event, with a new Uuid and times, through the whole pipeline; `call` plays a whole call. " +
        "The events have `test: true`.",
    )
    .argument("<type>", "such as dialing.updated, or call")
    .addOption(
      new Option("--outcome <outcome>", "how the call ends (default: answered)").choices(OUTCOMES),
    )
    .option("--uuid <uuid>", "Uuid of the call or record (default: a new one)")
    .option(
      "--field <name=value>",
      "override an event field: status=2, variables.team=north",
      readPair,
    )
    .option("--source <id or name>", "source to send as (default: the only one, or demo)")
  addExamples(trigger, [
    ["trigger dialing.updated --field dialAddr=+4511223344"],
    ["trigger call", "an answered call, one event a second"],
    ["trigger call --outcome busy --field uKey=10042 --field email=ada@example.com"],
    ["event-types", "what can be triggered"],
  ])
  trigger.action(async (type: string, options: Options) => {
    const isCall = type === "call"
    if (options.outcome !== undefined && !isCall)
      throw new Failure("--outcome is for `trigger call`: an event has no outcome.", 2)
    const session = await open.open(trigger)
    const { api, terminal, name } = session
    const source = await chooseSource(api, session.tenant, options.source, terminal.note)
    const body = {
      ...(isCall ? { call: { outcome: options.outcome ?? "answered" } } : { eventType: type }),
      ...(options.uuid !== undefined && { uuid: options.uuid }),
      ...(options.field && { fields: options.field }),
    }
    const path = pathOf(session, "sources", source, "test")
    const answer = await api.post(Triggered, path, body).catch(async (error: unknown) => {
      throw (await unknownType(api, type, error)) ?? error
    })
    if (!isCall) {
      const id = answer.eventId ?? ""
      return printResult(session, answer, `${type} triggered: ${id}`, [`${name} events ${id}`])
    }
    const { uuid = "", eventIds = [] } = answer
    const text = `call ${uuid} triggered: ${eventIds.length} events, one a second`
    printResult(session, answer, text, [`${name} events --uuid ${uuid}`])
  })
}

const EventType = v.looseObject({ type: v.string(), testable: v.optional(v.boolean()) })

// The API's error names the field. This adds the possible values.
async function unknownType(api: Api, asked: string, error: unknown): Promise<Failure | undefined> {
  if (!(error instanceof Refusal) || !error.errors.some(({ path }) => path === "/eventType")) {
    return undefined
  }
  if (asked.startsWith("call."))
    return new Failure(
      `${asked} is made from the events of a call: \`trigger call\` plays one, --outcome sets how it ends.`,
      2,
    )
  const near = error.errors.flatMap(({ message }) => /nearest: (.+)$/.exec(message)?.[1] ?? [])
  const types = near.length > 0 ? near : await typesLike(api, asked)
  const hint =
    types.length > 0 ? `Perhaps: ${types.join(", ")}` : "`event-types` lists those that can."
  return new Failure(`No example of ${JSON.stringify(asked)} can be sent. ${hint}`, 2)
}

async function typesLike(api: Api, asked: string): Promise<string[]> {
  const [kind = ""] = asked.toLowerCase().split(".")
  return (await api.all(EventType, "/event-types"))
    .filter(({ type, testable }) => testable !== false && type.startsWith(`${kind}.`))
    .map(({ type }) => type)
    .filter((type) => type !== asked)
}
