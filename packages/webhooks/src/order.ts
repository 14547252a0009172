/** The fields of a webhook that decide its order, for endpoints whose `order` is `latest`. */
export type Ordered = {
  /** The dialler's record or the call. Webhooks with different keys have no order. */
  subject: string
  /** Compared as text. */
  version: string
  /** The PBX itself reported the delete. All other events of the record are superseded by it. */
  isFinal: boolean
}

type Body = { type: string; version: string; synthetic?: boolean; test?: boolean; data: object }

// Their version is the observation time, which does not order events of two collectors.
const UNORDERED = /^(dllist|queue)\./

/** Undefined if a webhook has no order. */
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
  // Events of a source test must not supersede real events.
  const room = test ? ["test"] : []
  return {
    subject: JSON.stringify([group, uuid, ...room]),
    version,
    isFinal: type.endsWith(".deleted") && !synthetic,
  }
}
