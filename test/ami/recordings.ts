import { readdirSync, readFileSync } from "node:fs"

const FOLDER = new URL("../fixtures/captures/", import.meta.url)

export type Reading = { banner: string | null; messages: [string, string][][] }

/** Every recording: a name and the exact bytes of one connection. */
export function readRecordings(): { name: string; bytes: Buffer }[] {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith(".bin"))
  return names.sort().map((name) => ({ name, bytes: readFileSync(new URL(name, FOLDER)) }))
}

/** The plainest reading of all bytes at once, on purpose without a line of the parser. */
export function readNaively(bytes: Buffer): Reading {
  const text = bytes.toString("utf8")
  const isGreeted = text.startsWith("Asterisk Call Manager")
  const blocks = (isGreeted ? text.slice(text.indexOf("\n") + 1) : text).split(
    /\r?\n\r?\n(?:\r?\n)*/,
  )
  // What stands behind the last empty line is no complete message.
  blocks.pop()
  return {
    banner: isGreeted ? (/^[^\r\n]*/.exec(text)?.[0] ?? null) : null,
    messages: blocks.map((block) =>
      block.split(/\r?\n/).map((line): [string, string] => {
        const [, name, value] = /^([^:]*): ?([^]*)$/.exec(line) ?? [line, line, ""]
        return [name ?? "", value ?? ""]
      }),
    ),
  }
}
