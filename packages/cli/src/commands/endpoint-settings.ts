import { type Command, Option } from "commander"
import { Failure } from "../failure.ts"
import { readData, readFilter, readHeader, readNumber, readPair, readWords } from "../pairs.ts"

export type EndpointOptions = {
  to?: string
  eventTypes?: string[]
  sources?: string[]
  filter?: Record<string, unknown[]>
  description?: string
  header?: Record<string, string>
  rateLimit?: number
  metadata?: Record<string, string>
  signing?: string
  secret?: string
  disabled?: boolean
  clear?: string[]
  data?: object
}

/** The settings of an endpoint as options. Other settings of the API are given with --data. */
export function addSettings(command: Command, verb: "create" | "update"): Command {
  // --url is the API's URL.
  if (verb === "update") command.option("--to <url>", "where webhooks are posted")
  command
    .option("--event-types <types>", "only those: campaign.*,dialing.updated", readWords)
    .option("--sources <ids>", "only of those sources: src_...,src_...", readWords)
    .option(
      "--filter <path=values>",
      "only where it holds: data.status=0,1 (again: and)",
      readFilter,
    )
    .option("--description <text>", "for people")
    .option("--header <name: value>", "sent with every webhook (again: more)", readHeader)
    .option("--rate-limit <number>", "requests a second at most", readNumber)
    .option("--metadata <name=value>", "yours to use (again: more)", readPair)
  if (verb === "create") {
    command
      .addOption(
        new Option("--signing <kind>", "how webhooks are signed").choices(["hmac", "ed25519"]),
      )
      .option("--secret <secret>", "your own: whsec_... (default: one is made)")
      .option("--disabled", "send nothing yet")
  } else {
    command.option("--clear <settings>", "back to their defaults: filter,rateLimit", readWords)
  }
  return command.option("--data <json>", "more settings: a JSON object, or @file", readData)
}

const EMPTY: Record<string, unknown> = {
  eventTypes: null,
  sources: null,
  filter: null,
  description: null,
  headers: {},
  rateLimit: null,
  metadata: {},
}

/** The request for the API. */
export function bodyOf({ clear = [], data, header, to, ...rest }: EndpointOptions): object {
  const unknown = clear.find((name) => !(name in EMPTY))
  if (unknown !== undefined) {
    const names = Object.keys(EMPTY).join(", ")
    throw new Failure(`--clear: ${JSON.stringify(unknown)} has no default. There are: ${names}`, 2)
  }
  const cleared = Object.fromEntries(clear.map((name) => [name, EMPTY[name]]))
  return {
    ...data,
    ...cleared,
    ...rest,
    ...(to !== undefined && { url: to }),
    ...(header && { headers: header }),
  }
}
