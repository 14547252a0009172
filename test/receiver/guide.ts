import { readFileSync } from "node:fs"

const text = readFileSync(new URL("../../packages/receiver/README.md", import.meta.url), "utf8")

export type Block = { language: string; code: string }

/** Each code block of the receiver's guide, in its order. */
export const blocks: Block[] = [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(
  ([, language, code]) => ({ language: language!, code: code! }),
)

/** The only block in that language that fits. */
export function blockWith(language: string, part: string): string {
  const found = blocks.filter((each) => each.language === language && each.code.includes(part))
  if (found.length !== 1)
    throw new Error(`The guide has ${found.length} ${language} blocks with ${part}`)
  return found[0]!.code
}

/** The cells of the guide's table that begins with that heading. */
export function tableUnder(heading: string): string[][] {
  const lines = text.split("\n")
  const at = lines.findIndex((line) => line.startsWith(`| ${heading} `))
  const rows: string[][] = []
  for (const line of lines.slice(at + 2)) {
    if (!line.startsWith("|")) break
    rows.push(
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
  }
  return rows
}
