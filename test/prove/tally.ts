/** Counts by name. */
export type Tally = Record<string, number>

export const addTo = (tally: Tally, name: string, count = 1) =>
  void (tally[name] = (tally[name] ?? 0) + count)

export function addAll(tally: Tally, other: Tally): void {
  for (const [name, count] of Object.entries(other)) addTo(tally, name, count)
}

export const sum = (tally: Tally) => Object.values(tally).reduce((total, count) => total + count, 0)
