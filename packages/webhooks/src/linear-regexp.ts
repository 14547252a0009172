import { RE2JS } from "re2js"

/**
 * The members of a global RegExp that JSONata uses, implemented with RE2. Matching takes time
 * linear in the text's length. RE2 has no backreferences and no lookaround, because they cannot be
 * matched in linear time.
 */
export class LinearRegExp {
  lastIndex = 0
  readonly #compiled: RE2JS

  constructor({ source, flags }: RegExp) {
    const chosen =
      (flags.includes("i") ? RE2JS.CASE_INSENSITIVE : 0) |
      (flags.includes("m") ? RE2JS.MULTILINE : 0)
    try {
      this.#compiled = RE2JS.compile(RE2JS.translateRegExp(source), chosen)
    } catch (cause) {
      const words = cause instanceof Error ? cause.message : String(cause)
      throw new Error(`the regular expression /${source}/ is not valid in RE2's syntax: ${words}`, {
        cause,
      })
    }
  }

  exec(text: string): ((string | undefined)[] & { index: number }) | null {
    const matcher = this.#compiled.matcher(text)
    if (this.lastIndex > text.length || !matcher.find(this.lastIndex)) {
      this.lastIndex = 0
      return null
    }
    this.lastIndex = matcher.end()
    const groups = Array.from(
      { length: matcher.groupCount() + 1 },
      (_, index) => matcher.group(index) ?? undefined,
    )
    return Object.assign(groups, { index: matcher.start() })
  }
}

/** The regular expressions in a parsed JSONata expression. */
export function regExpsOf(ast: unknown): RegExp[] {
  const seen = new Set<object>()
  const found: RegExp[] = []
  const open: unknown[] = [ast]
  while (open.length > 0) {
    const each = open.pop()
    if (typeof each !== "object" || each === null || seen.has(each)) continue
    seen.add(each)
    if (each instanceof RegExp) found.push(each)
    else open.push(...Object.values(each))
  }
  return found
}
