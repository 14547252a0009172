import { deflateRawSync, inflateRawSync } from "node:zlib"

export type HeaderPair = [string, string]

// What nearly every event repeats. A change here makes a new version below: what is stored was packed with the old.
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

/** What of an event's text stays readable in the table's console: as long as it fits one write unit beside its keys. */
const READABLE_BYTES = 512

/** Headers as an item keeps them: readable text while short, packed bytes otherwise. */
export type StoredHeaders = { headers: string } | { packed: Uint8Array }

export function packHeaders(headers: HeaderPair[]): StoredHeaders {
  const text = JSON.stringify(headers)
  if (Buffer.byteLength(text) <= READABLE_BYTES) return { headers: text }
  const body = deflateRawSync(text, { dictionary: DICTIONARY })
  return { packed: Buffer.concat([Buffer.of(VERSION), body]) }
}

/** Throws where the bytes were packed by a version that this one does not know. */
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

/** An item may have 400 KB; the rest of it, and DynamoDB's own count, get the difference. */
const MAX_STORED_BYTES = 350 * 1024
const MAX_HEADER_BYTES = 16 * 1024

const sizeOf = (stored: StoredHeaders) =>
  "packed" in stored ? stored.packed.length : Buffer.byteLength(stored.headers)

/** What fits an item: all headers, else without the Variables, else the first ones without what is very long. */
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

// Counted before packing: noise packs to no less. The event's name stands first, so it is among them.
function firstThatFit(headers: HeaderPair[]): HeaderPair[] {
  let bytes = 0
  return headers.filter((header) => {
    const size = Buffer.byteLength(JSON.stringify(header))
    const isShort = size <= MAX_HEADER_BYTES
    if (isShort) bytes += size
    return isShort && bytes <= MAX_STORED_BYTES
  })
}
