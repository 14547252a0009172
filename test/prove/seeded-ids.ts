import crypto from "node:crypto"
import { syncBuiltinESMExports } from "node:module"

// Ids decide in which shard a thing lies and so what comes first: with random ones a seed would not bring the same
// history twice.

/** From here on ids come from the seed, until the answer is called. */
export function seedIds(seed: number): () => void {
  const { randomBytes, randomUUID } = crypto
  const stream = (name: string) => {
    let count = 0
    return (size: number) => {
      const digest = crypto.createHash("shake256", { outputLength: size })
      return digest.update(`${seed}|${name}|${count++}`).digest()
    }
  }
  const bytes = stream("bytes")
  const uuids = stream("uuids")
  Object.assign(crypto, {
    randomBytes: (size: number) => bytes(size),
    randomUUID: () => {
      const hex = uuids(16).toString("hex")
      const parts = [
        hex.slice(0, 8),
        hex.slice(8, 12),
        `4${hex.slice(13, 16)}`,
        `8${hex.slice(17, 20)}`,
      ]
      return [...parts, hex.slice(20)].join("-")
    },
  })
  syncBuiltinESMExports()
  return () => {
    Object.assign(crypto, { randomBytes, randomUUID })
    syncBuiltinESMExports()
  }
}
