import { distance } from "fastest-levenshtein"

const MAX_NEAREST = 3

/** The names that the text may have been intended as, the most similar first. */
export const nearestTo = (text: string, names: string[]): string[] =>
  names
    .map((name) => ({ name, away: distance(text.toLowerCase(), name.toLowerCase()) }))
    .filter(({ away }) => away <= Math.max(2, text.length / 4))
    .sort((left, right) => left.away - right.away)
    .slice(0, MAX_NEAREST)
    .map(({ name }) => name)
