/** The dialler's record kinds, each with its name in AMI events. */
const AMI_WORDS = {
  campaign: "Campaign",
  plan: "Plan",
  dlma: "Dlma",
  destination: "Destination",
  dialing: "Dialing",
  dllist: "DlList",
  queue: "Queue",
} as const

const AMI_VERBS = { created: "Create", updated: "Update", deleted: "Delete" } as const

export type Kind = keyof typeof AMI_WORDS
export type Action = keyof typeof AMI_VERBS

export const kinds = Object.keys(AMI_WORDS) as Kind[]
export const actions = Object.keys(AMI_VERBS) as Action[]

/** `OutCampaignCreate` for campaign and created. */
export const eventNameOf = (kind: Kind, action: Action) =>
  `Out${AMI_WORDS[kind]}${AMI_VERBS[action]}`

/** The name of `Out...Show` rows: `OutCampaignEntry`. */
export const entryNameOf = (kind: Kind) => `Out${AMI_WORDS[kind]}Entry`

const EVENTS = new Map(
  kinds.flatMap((kind) => actions.map((action) => [eventNameOf(kind, action), { kind, action }])),
)
const ENTRIES = new Map(kinds.map((kind) => [entryNameOf(kind), kind]))

/** The kind and action of a dialler event name; undefined for all others, also `...Entry`. */
export const parseEventName = (name: string): { kind: Kind; action: Action } | undefined =>
  EVENTS.get(name)

/** The kind of a list row; undefined if the name is not a row's. */
export const kindOfEntry = (name: string): Kind | undefined => ENTRIES.get(name)

// OutDlListUpdate never sets TmUpdate, and OutQueue events have no times. A return to an earlier
// state (idle, dialing, idle) looks like a repeat.
export const isVersioned = (kind: Kind) => kind !== "dllist" && kind !== "queue"
