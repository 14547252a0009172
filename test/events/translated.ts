import type { HeaderPair } from "@ringback/events/header"
import { translate } from "@ringback/events/translate"

export const receivedAt = 1_477_267_289_731

export const read = (...headers: HeaderPair[]) => translate(headers, { receivedAt })!
export const dataOf = (...headers: HeaderPair[]) =>
  JSON.parse(JSON.stringify(read(...headers).data)) as Record<string, unknown>
