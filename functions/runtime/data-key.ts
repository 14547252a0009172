import { readFile } from "node:fs/promises"

/** The location of the key that encrypts secrets. It is never in the table with them. */
export type DataKeyResource = { arn: string } | { type: string; path: string }

const KEY_BYTES = 32

/**
 * The 256-bit key: derived by KMS from a key that never leaves it, or read from a file with mode
 * 600 on a laptop.
 */
export async function readDataKey(resource: DataKeyResource): Promise<Buffer> {
  const key = "path" in resource ? await readFile(resource.path) : await deriveDataKey(resource.arn)
  if (key.length !== KEY_BYTES) throw new Error(`The data key has ${key.length} bytes, not 32`)
  return key
}

// An HMAC over a fixed text under a KMS key always has the same value, and cannot be computed
// without permission for that key. Nothing has to be stored, and two functions that start at once
// cannot create two keys.
async function deriveDataKey(arn: string): Promise<Buffer> {
  const { GenerateMacCommand, KMSClient } = await import("@aws-sdk/client-kms")
  const kms = new KMSClient({})
  const { Mac } = await kms.send(
    new GenerateMacCommand({
      KeyId: arn,
      MacAlgorithm: "HMAC_SHA_256",
      Message: Buffer.from("Ringback's data key, version 1"),
    }),
  )
  return Buffer.from(Mac!)
}
