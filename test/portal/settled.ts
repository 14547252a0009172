import crypto, { createHash, type UUID } from "node:crypto"
import { syncBuiltinESMExports } from "node:module"
import { mock } from "node:test"

// Pages that are the same in each run: what is random depends on the (moved) clock alone, and what is of this machine or
// of this run is left out of the text.

/**
 * Makes bytes and UUIDs by the clock and their number within its millisecond, so that what sorts by a random part, as
 * events of one moment do, sorts alike in each run. Undone by `mock.restoreAll()` and a second sync.
 */
export function settleRandom(): () => void {
  const counts = new Map<string, number>()
  const bytesOf = (kind: string, size: number) => {
    const at = `${kind} ${size} ${Date.now()}`
    const count = counts.get(at) ?? 0
    counts.set(at, count + 1)
    return createHash("shake256", { outputLength: size }).update(`${at} ${count}`).digest()
  }
  const { randomBytes } = crypto
  mock.method(crypto, "randomBytes", (size: number, done?: Parameters<typeof randomBytes>[1]) =>
    done ? randomBytes(size, done) : bytesOf("bytes", size),
  )
  mock.method(crypto, "randomUUID", (): UUID => {
    const hex = bytesOf("uuid", 16).toString("hex")
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`
  })
  syncBuiltinESMExports()
  return () => {
    mock.restoreAll()
    syncBuiltinESMExports()
  }
}

const ID = /\b([a-z]{2,4})_[0-9a-z]{20,}\b/g
const SECRET = /wh(?:sec|sk|pk)_[\w+/=-]+|(?<![\w+.-])[\w+-]{22,}=*(?![\w+.-])/g

/** All pages as one text: an element a line, so that a change of one is a change of few lines. */
export function settle(pages: ReadonlyMap<string, string>): string {
  const ids = new Map<string, string>()
  const counts = new Map<string, number>()
  const numbered = (text: string, prefix: string) => {
    const known = ids.get(text)
    if (known) return known
    const count = (counts.get(prefix) ?? 0) + 1
    counts.set(prefix, count)
    const name = `${prefix}_${count}`
    ids.set(text, name)
    return name
  }
  const seen = new Map<string, string>()
  const settled = [...pages].map(([head, text]) => {
    const page = `=== ${head}\n${bodyOf(text)}`
      .replaceAll(/>\s*</g, ">\n<")
      .replaceAll(/[ \t]*\n\s*/g, "\n")
      .replaceAll(ID, (id, prefix: string) => numbered(id, prefix))
      .replaceAll(SECRET, (each) => (/\d/.test(each) && /[A-Za-z]/.test(each) ? "SECRET" : each))
      .replaceAll(/(?<=\/assets\/\w+\.)[0-9a-f]{12}(?=\.)/g, "HASH")
      .replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1:PORT")
      .replaceAll(/\b(\d+ ms|\d+\.\d\d? s)\b/g, "N ms")
    return shortened(page.split("\n"), seen).join("\n")
  })
  return `${settled.join("\n\n")}\n`
}

// A page's head and menu are the same on many: its title, the entry of the menu that it is, and what is its own.
function bodyOf(text: string): string {
  const main = /<main id="main"[^]*<\/main>/.exec(text)?.[0]
  if (main === undefined) return text
  const status = text.slice(0, text.indexOf("\n"))
  const title = /<title>[^<]*<\/title>/.exec(text)?.[0]
  const current = /<a [^>]*aria-current="page"[^>]*>[^<]*<\/a>/.exec(text)?.[0]
  return [status, title, current, main].join("\n")
}

const LONG = 12

/** A long element that stood on an earlier page is left out, and that page is named. */
function shortened([head = "", ...lines]: string[], seen: Map<string, string>): string[] {
  const page = /\d+/.exec(head)?.[0] ?? ""
  const short = [head]
  for (let at = 0; at < lines.length; at++) {
    const end = endOf(lines, at)
    const element = lines.slice(at, end).join("\n")
    const known = end - at < LONG ? undefined : seen.get(element)
    if (known) {
      short.push(`${lines[at]} ... as on page ${known}`)
      at = end - 1
    } else {
      seen.set(element, page)
      short.push(lines[at]!)
    }
  }
  return short
}

/** The line behind the element that begins in this one; behind the line itself where it begins none. */
function endOf(lines: string[], start: number): number {
  const tag =
    /^<(section|fieldset|details|table|tr|ol|ul|form|select|pre|div|dl|svg|head|footer|nav|header)\b/.exec(
      lines[start]!,
    )?.[1]
  if (tag === undefined) return start + 1
  const tags = new RegExp(`<(/?)${tag}\\b`, "g")
  let depth = 0
  for (let at = start; at < lines.length; at++) {
    for (const [, isEnd] of lines[at]!.matchAll(tags)) depth += isEnd ? -1 : 1
    if (depth === 0) return at + 1
  }
  return lines.length
}
