import type { Recording } from "../recording.ts"

/** An input made of something that the recorder did not know, or of a promise that was never awaited. */
export const unknownFaults = ({ resources }: Recording) =>
  resources
    .filter(({ inputs }) => /undefined|\[object |Calling \[toString\]/.test(JSON.stringify(inputs)))
    .map(({ urn }) => `${urn}: an input is not known`)
