import { readRecords } from "./segment.ts"
import type { SegmentFiles } from "./segment-files.ts"
import type { SendWindow } from "./send-window.ts"

type LoaderOptions = {
  files: SegmentFiles
  window: SendWindow
  position: number
  onLoaded: () => void
  onUnreadable: ((loss: { bytes: number; error: Error }) => void) | undefined
}

/** Loads records from the disk into the send window. */
export class WindowLoader {
  readonly #options: LoaderOptions
  #loading: Promise<void> | undefined
  /** Everything before it is in the window or acknowledged. */
  position: number

  constructor(options: LoaderOptions) {
    this.#options = options
    this.position = options.position
  }

  get isLoading(): boolean {
    return this.#loading !== undefined
  }

  load(): Promise<void> {
    if (this.position >= this.#options.files.end) return Promise.resolve()
    this.#loading ??= this.#read().finally(() => {
      this.#loading = undefined
      this.#options.onLoaded()
    })
    return this.#loading
  }

  async settled(): Promise<void> {
    await this.#loading
  }

  async #read(): Promise<void> {
    const { files, window, onUnreadable } = this.#options
    const { segments, end } = files
    const segment = segments.find(({ start, size }) => start + size > this.position)
    if (!segment) {
      this.position = end
      return
    }
    const from = Math.max(this.position, segment.start)
    try {
      const { records, next } = await readRecords(segment, from, end)
      for (const { isIntact, ...record } of records) {
        if (isIntact) window.push({ ...record, isLoaded: true, isDone: false })
      }
      this.position = next
    } catch (error) {
      this.position = segment.start + segment.size
      onUnreadable?.({ bytes: this.position - from, error: error as Error })
    }
  }
}
