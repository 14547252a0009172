import type { Metrics } from "./metric.ts"

export type Relay = Metrics & { listen: (to: Metrics) => void }

/** Passes on what is recorded to whoever listens, and else forgets it. */
export function makeRelay(): Relay {
  const listeners: Metrics[] = []
  return {
    record(name, labels, value) {
      for (const to of listeners) to.record(name, labels, value)
    },
    listen: (to) => void listeners.push(to),
  }
}
