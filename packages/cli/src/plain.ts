// What a PBX or a receiver said may hold ESC: printed as it is, it could rewrite the screen.
const CONTROL = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu

/** The text on one line, without anything that a terminal obeys. */
export const plain = (text: string) => text.replace(CONTROL, "·")

/** Indented JSON, line by line without what a terminal obeys: JSON itself escapes only some of it. */
export const plainJson = (value: unknown) =>
  JSON.stringify(value, null, 2).split("\n").map(plain).join("\n")
