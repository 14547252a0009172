/** The dialler's kinds of record, each with its word in AMI event names. */
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

/** The rows of `Out...Show` lists: `OutCampaignEntry`. */
export const entryNameOf = (kind: Kind) => `Out${AMI_WORDS[kind]}Entry`

const EVENTS = new Map(
  kinds.flatMap((kind) => actions.map((action) => [eventNameOf(kind, action), { kind, action }])),
)
const ENTRIES = new Map(kinds.map((kind) => [entryNameOf(kind), kind]))

/** What an AMI event name of the dialler speaks of; undefined for all others, `...Entry` among them. */
export const parseEventName = (name: string): { kind: Kind; action: Action } | undefined =>
  EVENTS.get(name)

/** The kind whose list the row belongs to, or undefined where the name is no row's. */
export const kindOfEntry = (name: string): Kind | undefined => ENTRIES.get(name)

// OutDlListUpdate never sets TmUpdate and OutQueue events have no times at all: nothing in them tells
// a state that came back (idle, dialing, idle) from a repeat.
export const isVersioned = (kind: Kind) => kind !== "dllist" && kind !== "queue"
