import type { RecordKind } from "./ami-event-kinds.ts"

/** How a header's value is parsed. A value that does not parse stays text. */
export type Form = "text" | "integer" | "time" | "variable"

/** Header names of each kind in wire order. A suffix gives the form; no suffix means text. */
const WIRE: Record<RecordKind, string> = {
  campaign: `Uuid Name Detail Status:integer Plan Dlma Dest ScMode:integer ScTimeStart ScTimeEnd
    ScDateStart ScDateEnd ScDateList ScDateListExcept ScDayList
    TmCreate:time TmDelete:time TmUpdate:time`,
  plan: `Uuid Name Detail DialMode:integer DialTimeout:integer CallerId DlEndHandle:integer
    RetryDelay:integer TrunkName TechName UuiField ServiceLevel:integer Variable:variable
    ${eight("MaxRetryCnt#:integer")} TmCreate:time TmDelete:time TmUpdate:time`,
  dlma: `Uuid Name Detail DlTable Variable:variable TmCreate:time TmDelete:time TmUpdate:time`,
  destination: `Uuid Name Detail Type:integer Exten Context Priority Variable:variable Application
    Data TmCreate:time TmDelete:time TmUpdate:time`,
  dialing: `Uuid Status:integer CampUuid PlanUuid DlmaUuid DestUuid DlListUuid CurrentQueue
    CurrentAgent DialIndex:integer DialAddr DialChannel DialTryCnt:integer DialTimeout:integer
    DialType:integer DialExten DialContext DialApplication DialData Variable:variable ChannelName
    ResDial:integer ResAmd ResAmdDetail ResHangup:integer ResHangupDetail
    TmCreate:time TmUpdate:time TmDelete:time`,
  dllist: `Uuid DlmaUuid Name Detail Status:integer UKey Variable:variable DialingUuid
    DialingCampUuid DialingPlanUuid ${eight("Number#")} Email ${eight("TryCnt#:integer")}
    ResDial:integer ResDialDetail ResHangup:integer ResHangupDetail
    TmCreate:time TmDelete:time TmUpdate:time`,
  queue: `Uuid Name Detail`,
}

function eight(name: string): string {
  return [1, 2, 3, 4, 5, 6, 7, 8].map((digit) => name.replace("#", `${digit}`)).join(" ")
}

function read(wire: string): ReadonlyMap<string, Form> {
  const fields = wire.split(/\s+/).map((field) => field.split(":") as [string, Form?])
  return new Map(fields.map(([name, form]) => [name, form ?? "text"]))
}

/** The known headers of each kind in wire order, with their forms. */
export const fieldsOf = Object.fromEntries(
  Object.entries(WIRE).map(([kind, wire]) => [kind, read(wire)]),
) as Record<RecordKind, ReadonlyMap<string, Form>>

/** A header's name in `data`. */
export const dataNameOf = (header: string) => header.charAt(0).toLowerCase() + header.slice(1)
