/** What of a webhook decides whether it may follow another one, at an endpoint whose `order` is `latest`. */
export type Ordered = {
  /** The dialler's record or the call that it tells of; webhooks of other keys have no order between them. */
  subject: string
  /** Compared as text. */
  version: string
  /** The PBX itself said that the record is gone: nothing else of it is news from then on. */
  isFinal: boolean
}

type Body = { type: string; version: string; synthetic?: boolean; test?: boolean; data: object }

// Their version is the time when they were heard, which tells nothing of two collectors' order.
const UNORDERED = /^(dllist|queue)\./

/** Undefined where a webhook has no order. */
export function orderedOf({
  type,
  version,
  synthetic = false,
  test,
  data,
}: Body): Ordered | undefined {
  const { uuid } = data as { uuid?: unknown }
  if (typeof uuid !== "string" || UNORDERED.test(type)) return undefined
  // A call and its dialing have one Uuid, and versions of their own.
  const group = type.startsWith("call.") ? "call" : "record"
  // What a test of a source says must not stand in the way of what its PBX says.
  const room = test ? ["test"] : []
  return {
    subject: JSON.stringify([group, uuid, ...room]),
    version,
    isFinal: type.endsWith(".deleted") && !synthetic,
  }
}
