import { printStamp } from "@ringback/events/stamp"

export type Pair = [name: string, value: string]
export type Kind = "Campaign" | "Plan" | "Dlma" | "Destination" | "Dialing" | "DlList" | "Queue"
export type Action = "Create" | "Update" | "Delete"

/** In the order in which the collector asks for them; of the last two there is no list. */
export const kinds: readonly Kind[] = [
  "Campaign",
  "Plan",
  "Dlma",
  "Destination",
  "Dialing",
  "DlList",
  "Queue",
]

type Said = { kind: Kind; action: Action; uuid: string; headers: Pair[] }

/** The dialler's records, which die with nothing but a Delete; except for dialings, which live in the module's memory. */
export class Records {
  readonly #all = new Map<Kind, Map<string, Pair[]>>()
  readonly #now: () => number
  #count = 0
  #ticks = 0n

  constructor(now: () => number) {
    this.#now = now
    for (const kind of kinds) this.#all.set(kind, new Map())
    // An emptied list infers nothing, so each kind keeps a row; it is there before anybody listens.
    for (const kind of kinds.slice(0, 4)) this.create(kind, "0", `stays-${kind}`)
  }

  of(kind: Kind): Map<string, Pair[]> {
    return this.#all.get(kind)!
  }

  create(kind: Kind, status: string, uuid = `${kind}-${++this.#count}`): Said {
    const record: Pair[] = [
      ["Uuid", uuid],
      ["Name", `name of ${uuid}`],
      ["Status", status],
    ]
    if (kind !== "Queue") {
      record.push(["TmCreate", this.#stamp()], ["TmDelete", "<unknown>"], ["TmUpdate", "<unknown>"])
    }
    this.of(kind).set(uuid, record)
    return { kind, action: "Create", uuid, headers: record }
  }

  update(kind: Kind, uuid: string, status: string): Said {
    const changes = new Map([["Status", status]])
    // OutDlListUpdate never sets TmUpdate.
    if (kind !== "DlList") changes.set("TmUpdate", this.#stamp())
    const record = this.of(kind).get(uuid)!
    const changed = record.map(([name, value]): Pair => [name, changes.get(name) ?? value])
    this.of(kind).set(uuid, changed)
    return { kind, action: "Update", uuid, headers: changed }
  }

  remove(kind: Kind, uuid: string): Said {
    const record = this.of(kind).get(uuid)!
    this.of(kind).delete(uuid)
    const isBare = kind === "Dlma" || kind === "DlList" || kind === "Queue"
    const stamp = kind === "Dialing" ? "<unknown>" : this.#stamp()
    const whole = record.map(([name, value]): Pair => [name, name === "TmDelete" ? stamp : value])
    return { kind, action: "Delete", uuid, headers: isBare ? [["Uuid", uuid]] : whole }
  }

  /** The module forgets all calls, without a word. */
  forgetDialings(): void {
    this.of("Dialing").clear()
  }

  // As the module prints it; no two alike.
  #stamp(): string {
    return printStamp(BigInt(this.#now()) * 1_000_000n + (this.#ticks++ % 1_000_000n))
  }
}
