import { readFileSync } from "node:fs"

export type Pair = [name: string, value: string]

const FOLDER = new URL("../fixtures/captures/", import.meta.url)

/** The recording's bytes, as they came from the PBX. */
export const captureBytes = (name: string): Buffer => readFileSync(new URL(`${name}.bin`, FOLDER))

// Deliberately the simplest reader there is, and not the product's: whole file, lines, empty line ends.
/** All messages of a recording whose first header is `Event`, as header pairs. */
export function captureEvents(name: string): Pair[][] {
  const messages: Pair[][] = []
  let current: Pair[] = []
  for (const line of captureBytes(name).toString("utf8").split("\r\n")) {
    if (line === "") {
      if (current.length > 0) messages.push(current)
      current = []
    } else if (!line.startsWith("Asterisk Call Manager/")) {
      const colon = line.indexOf(":")
      if (colon > 0) current.push([line.slice(0, colon), line.slice(colon + 1).replace(/^ /, "")])
    }
  }
  return messages.filter((message) => message[0]![0] === "Event")
}

const MODULE_EVENT =
  /^Out(Campaign|Plan|Dlma|Destination|Dialing|DlList|Queue)(Create|Update|Delete)$/

/** The dialler's own events in a recording: neither rows of lists nor the rest of Asterisk. */
export function moduleEvents(name: string): Pair[][] {
  return captureEvents(name).filter((message) => MODULE_EVENT.test(message[0]![1]))
}

/** Of these the fifteen documented ones. */
export function documentedEvents(name: string): Pair[][] {
  return moduleEvents(name).filter((message) => !/^Out(DlList|Queue)/.test(message[0]![1]))
}
