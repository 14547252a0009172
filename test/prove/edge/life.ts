import type { Pbx } from "./pbx.ts"
import { kinds } from "./records.ts"

/** What happens in a call centre: calls most of all. Each act is chosen by a number, among what is there then. */
export class Life {
  readonly #pbx: Pbx
  // In every event another one: by it an event is found again.
  #status = 0

  constructor(pbx: Pbx) {
    this.#pbx = pbx
  }

  act(which: number): void {
    const { records } = this.#pbx
    const kind = which % 2 === 0 ? "Dialing" : kinds[(which >> 1) % kinds.length]!
    const choice = (which >> 4) % 4
    const uuids = [...records.of(kind).keys()]
    const uuid = uuids[(which >> 6) % Math.max(1, uuids.length)]
    const status = String(++this.#status)
    this.#pbx.say(() => {
      if (uuid === undefined || choice === 0) return records.create(kind, status)
      if (choice === 1 && !uuid.startsWith("stays-")) return records.remove(kind, uuid)
      return records.update(kind, uuid, status)
    })
  }
}
