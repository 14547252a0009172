import type { Machine } from "./machine.ts"
import type { Simulation } from "./simulation.ts"
import type { Span } from "./spans.ts"

// A full disk is tried again after a second, and then written and flushed.
const DISK_BACK_MS = 3_000

type Times = { spans: Span[]; since: number | undefined; unsafeSince: number | undefined }

/** The truth of who read the PBX when, and could keep it. */
export class Reading {
  readonly #simulation: Simulation
  /** When a process read what it could neither write down nor, having ended, remember. */
  readonly forgotten: Span[] = []
  readonly #times = new Map<Machine, Times>()

  constructor(simulation: Simulation) {
    this.#simulation = simulation
  }

  /** Notes who reads from now on. */
  look(machines: readonly Machine[]): void {
    const { now } = this.#simulation
    for (const machine of machines) {
      const times = this.#of(machine)
      if (machine.isReading) times.since ??= now
      else if (times.since !== undefined) {
        times.spans.push([times.since, now])
        times.since = undefined
      }
    }
  }

  /** The machine's disk takes nothing: what is read meanwhile is only kept if its process lives to see it write again. */
  diskFilled(machine: Machine): void {
    this.#of(machine).unsafeSince ??= this.#simulation.now
  }

  diskBack(machine: Machine): void {
    const times = this.#of(machine)
    const { unsafeSince } = times
    this.#simulation.schedule(DISK_BACK_MS, () => {
      if (machine.disk.isFull || times.unsafeSince !== unsafeSince) return
      // Stopped, it has not written yet.
      if (machine.isFrozen) this.diskBack(machine)
      else times.unsafeSince = undefined
    })
  }

  /** The machine's process ended: what it could not write down is not known to the next one. */
  ended(machine: Machine): void {
    const times = this.#of(machine)
    const { unsafeSince } = times
    if (unsafeSince === undefined) return
    this.forgotten.push([unsafeSince, this.#simulation.now])
    times.spans = times.spans
      .map(([from, to]): Span => [from, Math.min(to, unsafeSince)])
      .filter(([from, to]) => to > from)
    if (!machine.disk.isFull) times.unsafeSince = undefined
  }

  /** All whiles in which that machine read; up to now. */
  of(machine: Machine): Span[] {
    const { spans, since } = this.#of(machine)
    return since === undefined ? spans : [...spans, [since, this.#simulation.now]]
  }

  #of(machine: Machine): Times {
    const times = this.#times.get(machine) ?? {
      spans: [],
      since: undefined,
      unsafeSince: undefined,
    }
    this.#times.set(machine, times)
    return times
  }
}
