// The order of actions on a record. Times alone are not enough: a record's last update and its
// delete have the same time.
const RANKS: Readonly<Record<string, number>> = {
  created: 0,
  started: 0,
  updated: 1,
  answered: 1,
  deleted: 2,
  completed: 2,
}

/**
 * Of two webhooks about one `data.uuid` the one with the greater version, compared as text, is
 * newer. `timestamp` has nine digits.
 */
export function versionOf(type: string, timestamp: string): string {
  const action = type.slice(type.lastIndexOf(".") + 1)
  return `${timestamp}/${RANKS[action] ?? 0}`
}
