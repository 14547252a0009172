import { resolve } from "node:path"

export const root = resolve(import.meta.dirname, "../../..")

/** What only this proof needs and makes: tools, recordings. Git ignores it; `rm -rf .sst` is always safe. */
export const proofDir = resolve(root, ".sst/proof")

export const recordingPath = (stage: string) => resolve(proofDir, `${stage}.json`)
