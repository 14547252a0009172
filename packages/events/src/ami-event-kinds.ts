/**
 * The dialler's AMI events, by the kind of record that they report. A new kind begins with a row
 * here: its word in event names (`OutCampaignCreate`), what it is, and whether its events tell
 * when the record changed.
 */
const KINDS = {
  campaign: {
    word: "Campaign",
    what: "A campaign (which plan calls which list, and where answered calls go)",
    isVersioned: true,
  },
  plan: {
    word: "Plan",
    what: "A plan (how a campaign dials, and how often it tries again)",
    isVersioned: true,
  },
  dlma: {
    word: "Dlma",
    what: "A dial list master (the list that a campaign calls)",
    isVersioned: true,
  },
  destination: {
    word: "Destination",
    what: "A destination (where answered calls go)",
    isVersioned: true,
  },
  dialing: {
    word: "Dialing",
    what: "A dialing (one attempt to call one customer)",
    isVersioned: true,
  },
  // OutDlListUpdate never sets TmUpdate, and OutQueue events have no times. A return to an earlier
  // state (idle, dialing, idle) looks like a repeat.
  dllist: {
    word: "DlList",
    what: "A customer's row of a dial list (whom to call, who was called, and with what result)",
    isVersioned: false,
  },
  queue: { word: "Queue", what: "A queue of the dialler", isVersioned: false },
} as const

const ACTIONS = {
  created: { word: "Create", what: "was created" },
  updated: { word: "Update", what: "was changed" },
  deleted: { word: "Delete", what: "was deleted" },
} as const

export type RecordKind = keyof typeof KINDS
export type Action = keyof typeof ACTIONS

export const recordKinds = Object.keys(KINDS) as RecordKind[]
export const actions = Object.keys(ACTIONS) as Action[]

/** `OutCampaignCreate` for campaign and created. */
export const eventNameOf = (kind: RecordKind, action: Action) =>
  `Out${KINDS[kind].word}${ACTIONS[action].word}`

/** The name of `Out...Show` rows: `OutCampaignEntry`. */
export const entryNameOf = (kind: RecordKind) => `Out${KINDS[kind].word}Entry`

const EVENTS = new Map(
  recordKinds.flatMap((kind) =>
    actions.map((action) => [eventNameOf(kind, action), { kind, action }]),
  ),
)
const ENTRIES = new Map(recordKinds.map((kind) => [entryNameOf(kind), kind]))

/** The kind and action of a dialler event name; undefined for all others, also `...Entry`. */
export const parseEventName = (name: string): { kind: RecordKind; action: Action } | undefined =>
  EVENTS.get(name)

/** The kind of a list row; undefined if the name is not a row's. */
export const kindOfEntry = (name: string): RecordKind | undefined => ENTRIES.get(name)

export const isVersioned = (kind: RecordKind): boolean => KINDS[kind].isVersioned

/** In one sentence, what an event of that kind and action says. */
export const describeEvent = (kind: RecordKind, action: Action) =>
  `${KINDS[kind].what} ${ACTIONS[action].what}.`
