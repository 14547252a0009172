import { isDeepStrictEqual } from "node:util"

/** Gathers what is wrong, each fault a sentence that names the resource. */
export const makeFaults = () => {
  const faults: string[] = []
  const expect = (holds: boolean, sentence: string) => {
    if (!holds) faults.push(sentence)
  }
  /** Every named value of `actual` must be as in `expected`; others are not looked at. */
  const expectValues = (who: string, actual: Record<string, unknown>, expected: object) => {
    for (const [key, value] of Object.entries(expected)) {
      const is = actual[key]
      const sentence = `${who}: ${key} is ${JSON.stringify(is)}, must be ${JSON.stringify(value)}`
      expect(isDeepStrictEqual(is, value), sentence)
    }
  }
  return { faults, expect, expectValues }
}
