import { plain } from "./plain.ts"

const ZERO = /\p{Mn}|\p{Me}|[\u200b-\u200d]|\ufe0f/u
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303f\uff01-\uff60]/u

const widthOfCharacter = (character: string) =>
  ZERO.test(character) ? 0 : WIDE.test(character) ? 2 : 1

/** The text's width in terminal columns. */
export function widthOf(text: string): number {
  let width = 0
  for (const character of plain(text)) width += widthOfCharacter(character)
  return width
}

/** Exactly that many columns: truncated with an ellipsis, or padded. */
export function fit(text: string, width: number): string {
  const whole = plain(text)
  if (widthOf(whole) <= width) return whole + " ".repeat(width - widthOf(whole))
  let cut = ""
  let taken = 0
  for (const character of whole) {
    const next = taken + widthOfCharacter(character)
    if (next > width - 1) break
    cut += character
    taken = next
  }
  return `${cut}…${" ".repeat(width - 1 - taken)}`
}
