// Generated from the event catalog by `npm run generate -w packages/receiver`; not to be edited.

/** What every webhook has. */
export interface Envelope<Type extends string, Data, Source = string> {
  type: Type
  /** The PBX that the event is about, or null */
  source: Source
  data: Data
  /** When it happened */
  timestamp: string
  /** Of two about one uuid the greater one, compared as text, is newer */
  version: string
  /** When it was seen */
  observedAt: string
  /** The same on every attempt, replay and endpoint */
  id: string
  tenant: string
  /** Inferred from the PBX's lists after a gap */
  synthetic?: true
  /** Too large: the variables were left out */
  truncated?: true
  /** From a test of the source: no PBX said so */
  test?: true
}

export interface CampaignData {
  uuid?: string | null
  name?: string | null
  detail?: string | null
  status?: number | string | null
  statusName?:
    "stop" | "start" | "pause" | "stopping" | "starting" | "pausing" | "stopping forcedly" | null
  plan?: string | null
  dlma?: string | null
  dest?: string | null
  scMode?: number | string | null
  scModeName?: "off" | "on" | null
  scTimeStart?: string | null
  scTimeEnd?: string | null
  scDateStart?: string | null
  scDateEnd?: string | null
  scDateList?: string | null
  scDateListExcept?: string | null
  scDayList?: string | null
  /** RFC 3339, UTC, nine digits */
  tmCreate?: string | null
  /** RFC 3339, UTC, nine digits */
  tmDelete?: string | null
  /** RFC 3339, UTC, nine digits */
  tmUpdate?: string | null
  variables: Record<string, string>
  [name: string]: unknown
}

export interface PlanData {
  uuid?: string | null
  name?: string | null
  detail?: string | null
  dialMode?: number | string | null
  dialModeName?: "none" | "predictive" | null
  dialTimeout?: number | string | null
  callerId?: string | null
  dlEndHandle?: number | string | null
  dlEndHandleName?: "keep status" | "stop the campaign" | null
  retryDelay?: number | string | null
  trunkName?: string | null
  techName?: string | null
  uuiField?: string | null
  serviceLevel?: number | string | null
  maxRetryCnt1?: number | string | null
  maxRetryCnt2?: number | string | null
  maxRetryCnt3?: number | string | null
  maxRetryCnt4?: number | string | null
  maxRetryCnt5?: number | string | null
  maxRetryCnt6?: number | string | null
  maxRetryCnt7?: number | string | null
  maxRetryCnt8?: number | string | null
  /** RFC 3339, UTC, nine digits */
  tmCreate?: string | null
  /** RFC 3339, UTC, nine digits */
  tmDelete?: string | null
  /** RFC 3339, UTC, nine digits */
  tmUpdate?: string | null
  variables: Record<string, string>
  [name: string]: unknown
}

export interface DlmaData {
  uuid?: string | null
  name?: string | null
  detail?: string | null
  dlTable?: string | null
  /** RFC 3339, UTC, nine digits */
  tmCreate?: string | null
  /** RFC 3339, UTC, nine digits */
  tmDelete?: string | null
  /** RFC 3339, UTC, nine digits */
  tmUpdate?: string | null
  variables: Record<string, string>
  [name: string]: unknown
}

export interface DestinationData {
  uuid?: string | null
  name?: string | null
  detail?: string | null
  type?: number | string | null
  typeName?: "extension" | "application" | null
  exten?: string | null
  context?: string | null
  priority?: string | null
  application?: string | null
  data?: string | null
  /** RFC 3339, UTC, nine digits */
  tmCreate?: string | null
  /** RFC 3339, UTC, nine digits */
  tmDelete?: string | null
  /** RFC 3339, UTC, nine digits */
  tmUpdate?: string | null
  variables: Record<string, string>
  [name: string]: unknown
}

export interface DialingData {
  uuid?: string | null
  status?: number | string | null
  statusName?:
    | "none"
    | "originate requested"
    | "dial begin"
    | "channel created"
    | "dial end"
    | "originate response"
    | "hangup"
    | "error"
    | null
  campUuid?: string | null
  planUuid?: string | null
  dlmaUuid?: string | null
  destUuid?: string | null
  dlListUuid?: string | null
  currentQueue?: string | null
  currentAgent?: string | null
  dialIndex?: number | string | null
  dialAddr?: string | null
  dialChannel?: string | null
  dialTryCnt?: number | string | null
  dialTimeout?: number | string | null
  dialType?: number | string | null
  dialTypeName?: "extension" | "application" | null
  dialExten?: string | null
  dialContext?: string | null
  dialApplication?: string | null
  dialData?: string | null
  channelName?: string | null
  resDial?: number | string | null
  resDialName?:
    "failed" | "hung up" | "local ring" | "ringing" | "answered" | "busy" | "congestion" | null
  resAmd?: string | null
  resAmdDetail?: string | null
  resHangup?: number | string | null
  resHangupName?:
    | "none yet"
    | "unallocated"
    | "no route to transit network"
    | "no route to destination"
    | "misdialled trunk prefix"
    | "channel unacceptable"
    | "call awarded and delivered"
    | "pre-empted"
    | "number ported, not here"
    | "normal clearing"
    | "user busy"
    | "no user response"
    | "no answer"
    | "subscriber absent"
    | "call rejected"
    | "number changed"
    | "redirected to new destination"
    | "answered elsewhere"
    | "destination out of order"
    | "invalid number format"
    | "facility rejected"
    | "response to status enquiry"
    | "normal, unspecified"
    | "circuit congestion"
    | "network out of order"
    | "temporary failure"
    | "switch congestion"
    | "access information discarded"
    | "requested channel not available"
    | "facility not subscribed"
    | "outgoing call barred"
    | "incoming call barred"
    | "bearer capability not authorised"
    | "bearer capability not available"
    | "bearer capability not implemented"
    | "channel type not implemented"
    | "facility not implemented"
    | "invalid call reference"
    | "incompatible destination"
    | "invalid message"
    | "mandatory information element missing"
    | "message type not implemented"
    | "wrong message"
    | "information element not implemented"
    | "invalid information element"
    | "wrong call state"
    | "recovery on timer expiry"
    | "mandatory information element length wrong"
    | "protocol error"
    | "interworking, unspecified"
    | null
  resHangupDetail?: string | null
  /** RFC 3339, UTC, nine digits */
  tmCreate?: string | null
  /** RFC 3339, UTC, nine digits */
  tmUpdate?: string | null
  /** RFC 3339, UTC, nine digits */
  tmDelete?: string | null
  /** How the call ended; null while it goes on */
  outcome: "answered" | "busy" | "rejected" | "no_answer" | "congestion" | "failed" | null
  variables: Record<string, string>
  [name: string]: unknown
}

export interface DllistData {
  uuid?: string | null
  dlmaUuid?: string | null
  name?: string | null
  detail?: string | null
  status?: number | string | null
  statusName?: "idle" | "dialing" | "reserved" | null
  uKey?: string | null
  dialingUuid?: string | null
  dialingCampUuid?: string | null
  dialingPlanUuid?: string | null
  number1?: string | null
  number2?: string | null
  number3?: string | null
  number4?: string | null
  number5?: string | null
  number6?: string | null
  number7?: string | null
  number8?: string | null
  email?: string | null
  tryCnt1?: number | string | null
  tryCnt2?: number | string | null
  tryCnt3?: number | string | null
  tryCnt4?: number | string | null
  tryCnt5?: number | string | null
  tryCnt6?: number | string | null
  tryCnt7?: number | string | null
  tryCnt8?: number | string | null
  resDial?: number | string | null
  resDialName?:
    "failed" | "hung up" | "local ring" | "ringing" | "answered" | "busy" | "congestion" | null
  resDialDetail?: string | null
  resHangup?: number | string | null
  resHangupName?:
    | "none yet"
    | "unallocated"
    | "no route to transit network"
    | "no route to destination"
    | "misdialled trunk prefix"
    | "channel unacceptable"
    | "call awarded and delivered"
    | "pre-empted"
    | "number ported, not here"
    | "normal clearing"
    | "user busy"
    | "no user response"
    | "no answer"
    | "subscriber absent"
    | "call rejected"
    | "number changed"
    | "redirected to new destination"
    | "answered elsewhere"
    | "destination out of order"
    | "invalid number format"
    | "facility rejected"
    | "response to status enquiry"
    | "normal, unspecified"
    | "circuit congestion"
    | "network out of order"
    | "temporary failure"
    | "switch congestion"
    | "access information discarded"
    | "requested channel not available"
    | "facility not subscribed"
    | "outgoing call barred"
    | "incoming call barred"
    | "bearer capability not authorised"
    | "bearer capability not available"
    | "bearer capability not implemented"
    | "channel type not implemented"
    | "facility not implemented"
    | "invalid call reference"
    | "incompatible destination"
    | "invalid message"
    | "mandatory information element missing"
    | "message type not implemented"
    | "wrong message"
    | "information element not implemented"
    | "invalid information element"
    | "wrong call state"
    | "recovery on timer expiry"
    | "mandatory information element length wrong"
    | "protocol error"
    | "interworking, unspecified"
    | null
  resHangupDetail?: string | null
  /** RFC 3339, UTC, nine digits */
  tmCreate?: string | null
  /** RFC 3339, UTC, nine digits */
  tmDelete?: string | null
  /** RFC 3339, UTC, nine digits */
  tmUpdate?: string | null
  variables: Record<string, string>
  [name: string]: unknown
}

export interface QueueData {
  uuid?: string | null
  name?: string | null
  detail?: string | null
  variables: Record<string, string>
  [name: string]: unknown
}

export interface CallData {
  /** The dialing's */
  uuid: string
  /** Null while the call goes on, and if its end was not read */
  outcome: "answered" | "busy" | "rejected" | "no_answer" | "congestion" | "failed" | null
  /** As it was dialled */
  number: string | null
  /** Which try of this number it is, from 1 */
  attempt: number | null
  campaign: {
    uuid: string | null
    name: string | null
    [name: string]: unknown
  }
  plan: {
    uuid: string | null
    name: string | null
    [name: string]: unknown
  }
  /** The dial list master */
  list: {
    uuid: string | null
    name: string | null
    [name: string]: unknown
  }
  /** The dial list's row in its last known state; key is its UKey, the customer's own id */
  contact: {
    uuid: string
    key: string | null
    name: string | null
    detail: string | null
    email: string | null
    [name: string]: unknown
  } | null
  startedAt: string | null
  answeredAt: string | null
  endedAt: string | null
  /** Until the answer, or the end where nobody answered */
  ringSeconds: number | null
  /** 0 where nobody answered */
  talkSeconds: number | null
  /** Q.850; null where there is none */
  hangupCause: number | null
  hangupCauseName: string | null
  channel: string | null
  agent: string | null
  queue: string | null
  variables: Record<string, string>
  [name: string]: unknown
}

export interface SourceGapData {
  /** RFC 3339, UTC, nine digits */
  from: string
  /** RFC 3339, UTC, nine digits */
  to: string
  reason: string
  /** How many events were inferred from the PBX's lists, by type */
  inferred: Record<string, number>
  [name: string]: unknown
}

export interface EndpointDisabledData {
  endpointId: string
  /** The origin of its URL: paths and queries may hold its receiver's secret */
  url: string
  reason: "gone" | "failing" | "manual"
  failingSince: string | null
  [name: string]: unknown
}

export interface DeliveryExhaustedData {
  deliveryId: string
  eventId: string
  endpointId: string
  attempts: number
  [name: string]: unknown
}

/** A campaign (which plan calls which list, and where answered calls go) was created. */
export type CampaignCreated = Envelope<"campaign.created", CampaignData>

/** A campaign (which plan calls which list, and where answered calls go) was changed. */
export type CampaignUpdated = Envelope<"campaign.updated", CampaignData>

/** A campaign (which plan calls which list, and where answered calls go) was deleted. */
export type CampaignDeleted = Envelope<"campaign.deleted", CampaignData>

/** A plan (how a campaign dials, and how often it tries again) was created. */
export type PlanCreated = Envelope<"plan.created", PlanData>

/** A plan (how a campaign dials, and how often it tries again) was changed. */
export type PlanUpdated = Envelope<"plan.updated", PlanData>

/** A plan (how a campaign dials, and how often it tries again) was deleted. */
export type PlanDeleted = Envelope<"plan.deleted", PlanData>

/** A dial list master (the list that a campaign calls) was created. */
export type DlmaCreated = Envelope<"dlma.created", DlmaData>

/** A dial list master (the list that a campaign calls) was changed. */
export type DlmaUpdated = Envelope<"dlma.updated", DlmaData>

/** A dial list master (the list that a campaign calls) was deleted. */
export type DlmaDeleted = Envelope<"dlma.deleted", DlmaData>

/** A destination (where answered calls go) was created. */
export type DestinationCreated = Envelope<"destination.created", DestinationData>

/** A destination (where answered calls go) was changed. */
export type DestinationUpdated = Envelope<"destination.updated", DestinationData>

/** A destination (where answered calls go) was deleted. */
export type DestinationDeleted = Envelope<"destination.deleted", DestinationData>

/** A dialing (one attempt to call one customer) was created. */
export type DialingCreated = Envelope<"dialing.created", DialingData>

/** A dialing (one attempt to call one customer) was changed. */
export type DialingUpdated = Envelope<"dialing.updated", DialingData>

/** A dialing (one attempt to call one customer) was deleted. */
export type DialingDeleted = Envelope<"dialing.deleted", DialingData>

/** A customer's row of a dial list (whom to call, who was called, and with what result) was created. */
export type DllistCreated = Envelope<"dllist.created", DllistData>

/** A customer's row of a dial list (whom to call, who was called, and with what result) was changed. */
export type DllistUpdated = Envelope<"dllist.updated", DllistData>

/** A customer's row of a dial list (whom to call, who was called, and with what result) was deleted. */
export type DllistDeleted = Envelope<"dllist.deleted", DllistData>

/** A queue of the dialler was created. */
export type QueueCreated = Envelope<"queue.created", QueueData>

/** A queue of the dialler was changed. */
export type QueueUpdated = Envelope<"queue.updated", QueueData>

/** A queue of the dialler was deleted. */
export type QueueDeleted = Envelope<"queue.deleted", QueueData>

/** A call to a customer began: sent for the first event of its dialing. */
export type CallStarted = Envelope<"call.started", CallData>

/** The customer answered. */
export type CallAnswered = Envelope<"call.answered", CallData>

/** The call is over, with its outcome. Each dialing gives exactly one. */
export type CallCompleted = Envelope<"call.completed", CallData>

/** For a while no collector read the PBX, or what was read could not be kept: what happened meanwhile may be missing. */
export type SourceGap = Envelope<"source.gap", SourceGapData>

/** An endpoint gets nothing more until it is enabled again; what it wanted is held for it. */
export type EndpointDisabled = Envelope<"endpoint.disabled", EndpointDisabledData, string | null>

/** All attempts of a delivery failed; it is kept, and can be retried or recovered. */
export type DeliveryExhausted = Envelope<"delivery.exhausted", DeliveryExhaustedData, string | null>

/** An event of Asterisk's own, where the collector is set to forward it. */
export type AmiEvent = Envelope<`ami.${string}`, AmiData>

export interface AmiData {
  variables: Record<string, string>
  [name: string]: unknown
}

export type WebhookEvent =
  | CampaignCreated
  | CampaignUpdated
  | CampaignDeleted
  | PlanCreated
  | PlanUpdated
  | PlanDeleted
  | DlmaCreated
  | DlmaUpdated
  | DlmaDeleted
  | DestinationCreated
  | DestinationUpdated
  | DestinationDeleted
  | DialingCreated
  | DialingUpdated
  | DialingDeleted
  | DllistCreated
  | DllistUpdated
  | DllistDeleted
  | QueueCreated
  | QueueUpdated
  | QueueDeleted
  | CallStarted
  | CallAnswered
  | CallCompleted
  | SourceGap
  | EndpointDisabled
  | DeliveryExhausted
  | AmiEvent

export type WebhookEventType = WebhookEvent["type"]
