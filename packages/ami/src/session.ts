/** Where a PBX is, and who we are there. */
export type AmiTarget = {
  host: string
  /** 5038, or 5039 with TLS. */
  port?: number
  username: string
  secret: string
  /** `md5` (default): the secret does not cross the wire. */
  auth?: "md5" | "plain"
  /** Present: TLS, verified against this CA (PEM text; without it those of Node) and the host's name. */
  tls?: { ca?: string; serverName?: string }
}
