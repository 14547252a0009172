import type { AmiMessage } from "./message.ts"

export type ParserOptions = {
  /** Larger messages are refused, counted and reported, and nothing of them is kept. */
  maxMessageBytes?: number
  onDropped?: (dropped: DroppedMessage) => void
}

/** A message that was not handed over: too large, or cut off by the end of the stream. */
export type DroppedMessage = {
  why: "oversized" | "cut_off"
  /** Of the wire, as far as it was read. */
  bytes: number
  /** Its first line, or as much of it as there is, up to 200 characters. */
  firstLine: string
}

/** Bytes of one connection in, messages out. */
export declare class AmiParser {
  constructor(options?: ParserOptions)
  /** The messages that this chunk completes, in order. The chunk's memory is not kept. */
  push(chunk: Uint8Array): AmiMessage[]
  /** The stream has ended: reports what was left and is ready for no more. */
  end(): void
  /** The greeting, once its line was read. */
  get banner(): string | undefined
  get oversizedCount(): number
}
