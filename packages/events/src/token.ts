import { randomBytes } from "node:crypto"

/** A source token: the tenant and source, and the key that signs a collector's messages. */
export type SourceToken = { tenant: string; source: string; keyId: string; key: Buffer }

const TOKEN =
  /^rbs_([0-9a-hjkmnp-tv-z]{26})_([0-9a-hjkmnp-tv-z]{26})_([0-9a-z]{8})_([A-Za-z0-9_-]{43})$/

/** A new 256-bit key for a source, with its short id. */
export function makeSourceKey(): { keyId: string; key: Buffer } {
  return { keyId: randomBytes(4).toString("hex"), key: randomBytes(32) }
}

/** The token's text: `rbs_TENANT_SOURCE_KEYID_KEY`, ids without their prefixes, the key in base64url. */
export function formatSourceToken(token: SourceToken): string {
  const tenant = token.tenant.slice("ten_".length)
  const source = token.source.slice("src_".length)
  return `rbs_${tenant}_${source}_${token.keyId}_${token.key.toString("base64url")}`
}

/** The token's parts; undefined if the text is not a token. */
export function parseSourceToken(text: string): SourceToken | undefined {
  const match = TOKEN.exec(text)
  if (!match) return undefined
  const [, tenant, source, keyId, key] = match as unknown as [
    string,
    string,
    string,
    string,
    string,
  ]
  return {
    tenant: `ten_${tenant}`,
    source: `src_${source}`,
    keyId,
    key: Buffer.from(key, "base64url"),
  }
}
