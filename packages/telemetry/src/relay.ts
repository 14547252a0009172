import type { Metrics } from "./metric.ts"

export type Relay = Metrics & { listen: (to: Metrics) => void }

/** Forwards recorded values to a listener, or drops them if there is none. */
export function makeRelay(): Relay {
  const listeners: Metrics[] = []
  return {
    record(name, labels, value) {
      for (const to of listeners) to.record(name, labels, value)
    },
    listen: (to) => void listeners.push(to),
  }
}
