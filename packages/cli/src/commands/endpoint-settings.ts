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
    .option("--event-types <types>", "only these types: campaign.*,dialing.updated", readWords)
    .option("--sources <ids>", "only events of these sources: src_...,src_...", readWords)
    .option(
      "--filter <path=values>",
      "only events that match: data.status=0,1 (repeatable: all must match)",
      readFilter,
    )
    .option("--description <text>", "a note for people")
    .option("--header <name: value>", "sent with every webhook (repeatable)", readHeader)
    .option("--rate-limit <number>", "maximum requests per second", readNumber)
    .option("--metadata <name=value>", "your own data (repeatable)", readPair)
  if (verb === "create") {
    command
      .addOption(
        new Option("--signing <kind>", "how webhooks are signed").choices(["hmac", "ed25519"]),
      )
      .option("--secret <secret>", "your own secret: whsec_... (default: a new one)")
      .option("--disabled", "create it disabled")
  } else {
    command.option(
      "--clear <settings>",
      "reset these settings to their defaults: filter,rateLimit",
      readWords,
    )
  }
  return command.option("--data <json>", "other settings: a JSON object, or @file", readData)
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
  const unknown = clear.find((name) => !Object.hasOwn(EMPTY, name))
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
