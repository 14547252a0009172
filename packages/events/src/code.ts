import type { RecordKind } from "./ami-event-kinds.ts"

type Words = Readonly<Record<number, string>>

// From the module's source. Its manual has the values of ScMode reversed.
const CAMPAIGN_STATUS: Words = {
  0: "stop",
  1: "start",
  2: "pause",
  10: "stopping",
  11: "starting",
  12: "pausing",
  30: "stopping forcedly",
}
const SCHEDULE_MODE: Words = { 0: "off", 1: "on" }
const DIAL_MODE: Words = { 0: "none", 1: "predictive" }
const LIST_END: Words = { 0: "keep status", 1: "stop the campaign" }
const DESTINATION_TYPE: Words = { 0: "extension", 1: "application" }
const DIALING_STATUS: Words = {
  0: "none",
  1: "originate requested",
  2: "dial begin",
  3: "channel created",
  4: "dial end",
  5: "originate response",
  6: "hangup",
  10: "error",
}
const LIST_STATUS: Words = { 0: "idle", 1: "dialing", 2: "reserved" }

// Asterisk's control frames that can end a dial.
const DIAL_RESULT: Words = {
  0: "failed",
  1: "hung up",
  2: "local ring",
  3: "ringing",
  4: "answered",
  5: "busy",
  8: "congestion",
}

// The ITU-T Q.850 causes that Asterisk knows (causes.h).
const HANGUP_CAUSE: Words = {
  0: "none yet",
  1: "unallocated",
  2: "no route to transit network",
  3: "no route to destination",
  5: "misdialled trunk prefix",
  6: "channel unacceptable",
  7: "call awarded and delivered",
  8: "pre-empted",
  14: "number ported, not here",
  16: "normal clearing",
  17: "user busy",
  18: "no user response",
  19: "no answer",
  20: "subscriber absent",
  21: "call rejected",
  22: "number changed",
  23: "redirected to new destination",
  26: "answered elsewhere",
  27: "destination out of order",
  28: "invalid number format",
  29: "facility rejected",
  30: "response to status enquiry",
  31: "normal, unspecified",
  34: "circuit congestion",
  38: "network out of order",
  41: "temporary failure",
  42: "switch congestion",
  43: "access information discarded",
  44: "requested channel not available",
  50: "facility not subscribed",
  52: "outgoing call barred",
  54: "incoming call barred",
  57: "bearer capability not authorised",
  58: "bearer capability not available",
  65: "bearer capability not implemented",
  66: "channel type not implemented",
  69: "facility not implemented",
  81: "invalid call reference",
  88: "incompatible destination",
  95: "invalid message",
  96: "mandatory information element missing",
  97: "message type not implemented",
  98: "wrong message",
  99: "information element not implemented",
  100: "invalid information element",
  101: "wrong call state",
  102: "recovery on timer expiry",
  103: "mandatory information element length wrong",
  111: "protocol error",
  127: "interworking, unspecified",
}

const CODES: Partial<Record<RecordKind, Readonly<Record<string, Words>>>> = {
  campaign: { Status: CAMPAIGN_STATUS, ScMode: SCHEDULE_MODE },
  plan: { DialMode: DIAL_MODE, DlEndHandle: LIST_END },
  destination: { Type: DESTINATION_TYPE },
  dialing: {
    Status: DIALING_STATUS,
    DialType: DESTINATION_TYPE,
    ResDial: DIAL_RESULT,
    ResHangup: HANGUP_CAUSE,
  },
  dllist: { Status: LIST_STATUS, ResDial: DIAL_RESULT, ResHangup: HANGUP_CAUSE },
}

/** The names of a header's codes, by number; undefined if the header is not a code. */
export const wordsOf = (kind: RecordKind, header: string): Words | undefined =>
  CODES[kind]?.[header]
