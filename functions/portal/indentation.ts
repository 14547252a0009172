/**
 * Templates are indented for readability; browsers ignore whitespace between tags. Escaped texts
 * contain no tags, so they stay unchanged.
 */
export const withoutIndentation = (markup: string): string =>
  markup.replaceAll(BETWEEN_TAGS, (gap) => (gap.includes("\n") ? ">\n<" : gap))

// There is only one way to match whitespace. A name may begin with a million line breaks, which
// `\s*\n\s*` would divide in every possible way.
const BETWEEN_TAGS = />\s+</g
