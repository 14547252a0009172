// Text from a PBX or receiver may contain ESC sequences, which could rewrite the screen.
const CONTROL = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu

/** The text on one line, without control characters. */
export const plain = (text: string) => text.replace(CONTROL, "·")

/** Indented JSON without control characters. JSON itself escapes only some of them. */
export const plainJson = (value: unknown) =>
  JSON.stringify(value, null, 2).split("\n").map(plain).join("\n")
