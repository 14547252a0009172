import { deflateRawSync, inflateRawSync } from "node:zlib"

export type HeaderPair = [string, string]

// The dictionary: text that nearly every event repeats. A change needs a new version below, because
// stored items were compressed with the old one.
const DICTIONARY = Buffer.from(
  '[["Event","OutDlListUpdate"],["Event","OutPlanCreate"],["Event","OutDestinationDelete"],["Event","OutCampaignUpdate"],' +
    '["Detail","<unknown>"],["ScMode","0"],["ScTimeStart","<unknown>"],["ScTimeEnd","<unknown>"],["ScDateStart","<unknown>"],' +
    '["ScDateEnd","<unknown>"],["ScDateList","<unknown>"],["ScDateListExcept","<unknown>"],["ScDayList","<unknown>"],' +
    '["DialMode","1"],["CallerId","<unknown>"],["DlEndHandle","1"],["RetryDelay","60"],["TrunkName","<unknown>"],["TechName","sip/"],' +
    '["MaxRetryCnt1","5"],["Number1","<unknown>"],["Email","<unknown>"],["TryCnt1","0"],["UKey","<unknown>"],' +
    '["Event","OutDialingUpdate"],["Privilege","message,all"],["Timestamp","17"],["Uuid","-4"],["Status","0"],["CampUuid",""],["PlanUuid",""],' +
    '["DlmaUuid",""],["DestUuid",""],["DlListUuid",""],["CurrentQueue","<unknown>"],["CurrentAgent","<unknown>"],["DialIndex","1"],' +
    '["DialAddr",""],["DialChannel",""],["DialTryCnt","1"],["DialTimeout","30000"],["DialType","0"],["DialExten","s"],["DialContext",""],' +
    '["DialApplication","<unknown>"],["DialData","<unknown>"],["Variable",""],["ChannelName","<unknown>"],["ResDial","0"],' +
    '["ResAmd","0"],["ResAmdDetail","<unknown>"],["ResHangup","0"],["ResHangupDetail","<unknown>"],["Name","<unknown>"],' +
    '["Plan","<unknown>"],["Dlma","<unknown>"],["Dest","<unknown>"],["TmCreate","2026-"],["TmUpdate","<unknown>"],["TmDelete","<unknown>"]]',
)
const VERSION = 1

/**
 * An event's text stays readable in the table's console up to this size, with which it fits one
 * write unit including its keys.
 */
const READABLE_BYTES = 512

/** Headers as stored: readable text if short, compressed bytes otherwise. */
export type StoredHeaders = { headers: string } | { packed: Uint8Array }

export function packHeaders(headers: HeaderPair[]): StoredHeaders {
  const text = JSON.stringify(headers)
  if (Buffer.byteLength(text) <= READABLE_BYTES) return { headers: text }
  const body = deflateRawSync(text, { dictionary: DICTIONARY })
  return { packed: Buffer.concat([Buffer.of(VERSION), body]) }
}

/** Throws if the bytes were compressed by an unknown version. */
export function unpackHeaders(stored: {
  headers?: string | undefined
  packed?: Uint8Array | undefined
}): HeaderPair[] {
  if (stored.headers !== undefined) return JSON.parse(stored.headers) as HeaderPair[]
  if (!stored.packed) return []
  if (stored.packed[0] !== VERSION) throw new Error(`packed by version ${stored.packed[0]}`)
  const text = inflateRawSync(stored.packed.subarray(1), { dictionary: DICTIONARY })
  return JSON.parse(text.toString("utf8")) as HeaderPair[]
}

/**
 * An item can have up to 400 KB. The difference is for its other attributes and DynamoDB's own
 * overhead.
 */
const MAX_STORED_BYTES = 350 * 1024
const MAX_HEADER_BYTES = 16 * 1024

/**
 * Each header takes time to read, in every delivery of its event. A PBX sends a few hundred at most.
 */
const MAX_HEADERS = 2_000

/** At most 2,000 headers: all of them, otherwise the first ones without the Variables. */
export function boundHeaders(headers: HeaderPair[]): HeaderPair[] {
  if (headers.length <= MAX_HEADERS) return headers
  return headers.filter(([name]) => name !== "Variable").slice(0, MAX_HEADERS)
}

const sizeOf = (stored: StoredHeaders) =>
  "packed" in stored ? stored.packed.length : Buffer.byteLength(stored.headers)

/**
 * The headers that fit an item: all of them, otherwise without the Variables, otherwise the first
 * ones without very long values.
 */
export function fitHeaders(headers: HeaderPair[]): { stored: StoredHeaders; truncated: boolean } {
  const stored = packHeaders(headers)
  if (sizeOf(stored) <= MAX_STORED_BYTES) return { stored, truncated: false }
  const plain = headers.filter(([name]) => name !== "Variable")
  const withoutVariables = packHeaders(plain)
  if (sizeOf(withoutVariables) <= MAX_STORED_BYTES) {
    return { stored: withoutVariables, truncated: true }
  }
  return { stored: packHeaders(firstThatFit(plain)), truncated: true }
}

// Counted before compression: random data does not get smaller. The event's name comes first, so it
// is included.
function firstThatFit(headers: HeaderPair[]): HeaderPair[] {
  let bytes = 0
  return headers.filter((header) => {
    const size = Buffer.byteLength(JSON.stringify(header))
    const isShort = size <= MAX_HEADER_BYTES
    if (isShort) bytes += size
    return isShort && bytes <= MAX_STORED_BYTES
  })
}

const MAX_TEXT_LENGTH = 500
const cutLong = (_: string, value: unknown) =>
  typeof value === "string" ? value.slice(0, MAX_TEXT_LENGTH).toWellFormed() : value

/**
 * The JSON of what is stored of a call, which is not compressed: whole if it fits, otherwise without
 * its variables, otherwise with its long texts cut.
 */
export function fitData(
  data: { variables?: unknown },
  maxBytes = MAX_STORED_BYTES,
): { text: string; truncated: boolean } {
  const whole = JSON.stringify(data)
  if (Buffer.byteLength(whole) <= maxBytes) return { text: whole, truncated: false }
  const plain = { ...data, variables: {} }
  const text = JSON.stringify(plain)
  const isShort = Buffer.byteLength(text) <= maxBytes
  return { text: isShort ? text : JSON.stringify(plain, cutLong), truncated: true }
}
