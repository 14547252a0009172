import { eventTypes } from "@ringback/events/documented-event-types"
import { schemaOf, type JsonSchema } from "./schema-files.ts"
import { membersText, typeText } from "./type-text.ts"

const GENERIC = ["type", "source", "data"]

/** The text of `src/events.ts`, unformatted: a type for each event, one for each form of `data`, and their union. */
export function eventsText(): string {
  const names = new Map<string, string>()
  const events = eventTypes.map((eventType) => {
    const { properties } = schemaOf(eventType)
    const { data, source } = properties as Record<string, JsonSchema>
    const text = `{\n${membersText(data!)}\n}`
    // All types of one kind have one form of data; an operational type has its own.
    const kind = eventType.type.split(".")[0]!
    const isShared = eventTypes.filter(({ type }) => type.startsWith(`${kind}.`)).length > 1
    if (!names.has(text)) names.set(text, `${pascal(isShared ? kind : eventType.type)}Data`)
    return {
      type: eventType.type,
      description: eventType.description,
      dataName: names.get(text)!,
      sourceText: typeText(source!),
    }
  })
  return [
    "// Generated from the event catalog by `npm run generate -w packages/receiver`; not to be edited.",
    `/** What every webhook has. */\nexport interface Envelope<Type extends string, Data, Source = string> {
      type: Type
      /** The PBX that the event is about, or null */
      source: Source
      data: Data
      ${membersText(envelope())}
    }`,
    ...[...names].map(([text, name]) => `export interface ${name} ${text}`),
    ...events.map(({ type, description, dataName, sourceText }) => {
      const source = sourceText === "string" ? "" : `, ${sourceText}`
      return `/** ${description} */\nexport type ${pascal(type)} = Envelope<"${type}", ${dataName}${source}>`
    }),
    "/** An event of Asterisk's own, where the collector is set to forward it. */\n" +
      "export type AmiEvent = Envelope<`ami.${string}`, AmiData>\n",
    "export interface AmiData { variables: Record<string, string>; [name: string]: unknown }",
    `export type WebhookEvent = ${[...events.map(({ type }) => pascal(type)), "AmiEvent"].join(" | ")}`,
    'export type WebhookEventType = WebhookEvent["type"]',
  ].join("\n\n")
}

// The rest of the envelope is the same for all types; if it ever is not, this says so.
function envelope(): JsonSchema {
  const all = eventTypes.map((eventType) => {
    const { properties, required } = schemaOf(eventType)
    const rest = Object.entries(properties!).filter(([name]) => !GENERIC.includes(name))
    return {
      properties: Object.fromEntries(rest),
      required: required!,
      additionalProperties: false,
    }
  })
  const texts = new Set(all.map((each) => JSON.stringify(each)))
  if (texts.size !== 1) throw new Error("The event types do not share one envelope")
  return all[0]!
}

const pascal = (name: string) =>
  name.replace(/(^|[._-])(\w)/g, (_, _mark, letter: string) => letter.toUpperCase())
