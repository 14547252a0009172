import { fieldsOf } from "./field.ts"
import type { HeaderPair } from "./header.ts"
import { type Action, eventNameOf, type RecordKind } from "./ami-event-kinds.ts"
import { printStamp } from "./stamp.ts"

/** The source of an example's times and Uuids. `now` is epoch ms. */
export type Fresh = { now: number; makeUuid: () => string }

// These are in the manual only. The module does not send them.
const DOCUMENTED_ONLY = new Set(
  "UuiField ServiceLevel CurrentQueue CurrentAgent ResAmd ResAmdDetail".split(" "),
)

/** Example values, by header. */
export type Values = Readonly<Record<string, string>>

const UUID = "a fresh uuid"

const VALUES: Record<RecordKind, Values> = {
  campaign: {
    Name: "spring renewals",
    Status: "1",
    Plan: UUID,
    Dlma: UUID,
    Dest: UUID,
    ScMode: "0",
  },
  plan: {
    Name: "patient",
    Detail: "three tries, ten minutes apart",
    DialMode: "1",
    DialTimeout: "30000",
    CallerId: "+4589880000",
    DlEndHandle: "1",
    RetryDelay: "600",
    TrunkName: "carrier-1",
    TechName: "sip/",
    Variable: "team=renewals",
    ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8].map((digit) => [`MaxRetryCnt${digit}`, "3"])),
  },
  dlma: { Name: "customers, north", DlTable: "customers_north", Variable: "region=north" },
  destination: {
    Name: "agents",
    Type: "0",
    Exten: "700",
    Context: "renewals",
    Priority: "1",
    Variable: "queue=renewals",
  },
  dialing: {
    Status: "5",
    CampUuid: UUID,
    PlanUuid: UUID,
    DlmaUuid: UUID,
    DestUuid: UUID,
    DlListUuid: UUID,
    DialIndex: "1",
    DialAddr: "+4520123456",
    DialChannel: "sip/carrier-1/+4520123456",
    DialTryCnt: "1",
    DialTimeout: "30000",
    DialType: "0",
    DialExten: "700",
    DialContext: "renewals",
    Variable: "customer=10042",
    ChannelName: "SIP/carrier-1-0000002a",
    ResDial: "4",
    ResHangup: "16",
    ResHangupDetail: "Normal Clearing",
  },
  dllist: {
    DlmaUuid: UUID,
    Name: "Ada Lovelace",
    Status: "1",
    UKey: "10042",
    Variable: "customer=10042",
    DialingUuid: UUID,
    DialingCampUuid: UUID,
    DialingPlanUuid: UUID,
    Number1: "+4520123456",
    Email: "ada@example.com",
    TryCnt1: "1",
    ...Object.fromEntries([2, 3, 4, 5, 6, 7, 8].map((digit) => [`TryCnt${digit}`, "0"])),
    ResDial: "0",
    ResHangup: "0",
  },
  queue: { Name: "renewals", Detail: "outbound renewals" },
}

// Values that differ from the kind's for one action.
const DIFFERENCES: Partial<Record<`${RecordKind}.${Action}`, Values>> = {
  "campaign.created": { Status: "0" },
  "campaign.deleted": { Status: "0" },
  "dialing.created": {
    Status: "0",
    ChannelName: "<unknown>",
    ResDial: "0",
    ResHangup: "0",
    ResHangupDetail: "<unknown>",
  },
  "dialing.deleted": { Status: "6" },
  "dllist.created": {
    Status: "0",
    DialingUuid: "<unknown>",
    DialingCampUuid: "<unknown>",
    DialingPlanUuid: "<unknown>",
    TryCnt1: "0",
  },
}

/**
 * An AMI event of that kind as the module writes it, with the current time and a new record.
 * `given` overrides values.
 */
export function exampleEvent(
  kind: RecordKind,
  action: Action,
  { now, makeUuid }: Fresh,
  given: Values = {},
): HeaderPair[] {
  const values: Values = {
    ...VALUES[kind],
    ...DIFFERENCES[`${kind}.${action}`],
    ...timesOf(kind, action, now),
    Uuid: UUID,
    ...given,
  }
  const says = (name: string): HeaderPair => {
    const value = values[name] ?? "<unknown>"
    return [name, value === UUID ? makeUuid() : value]
  }
  const names = isBare(kind, action)
    ? ["Uuid"]
    : [...fieldsOf[kind].keys()].filter((name) => !DOCUMENTED_ONLY.has(name))
  return [["Event", eventNameOf(kind, action)], ["Privilege", "message,all"], ...names.map(says)]
}

// The module sends only the Uuid in these.
function isBare(kind: RecordKind, action: Action): boolean {
  return action === "deleted" && ["dlma", "dllist", "queue"].includes(kind)
}

const SECOND = 1000

function timesOf(kind: RecordKind, action: Action, now: number): Values {
  const print = (millis: number) => printStamp(BigInt(millis) * 1_000_000n)
  if (action === "created") return { TmCreate: print(now) }
  const TmCreate = print(now - 40 * SECOND)
  if (kind === "dllist") return { TmCreate }
  // A dialing's delete repeats the time of the last update and has no own time.
  if (action === "updated" || kind === "dialing") return { TmCreate, TmUpdate: print(now) }
  return { TmCreate, TmUpdate: print(now - 5 * SECOND), TmDelete: print(now) }
}
