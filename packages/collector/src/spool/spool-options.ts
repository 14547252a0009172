import type { PlacedRecord } from "./segment.ts"

export type SpoolOptions = {
  dir: string
  /** Limit on unacknowledged bytes. The disk may hold one segment more. */
  maxBytes: number
  /** The position up to which everything is acknowledged, and a function that saves it. */
  acknowledged: number
  saveAcknowledged: (position: number) => void
  /**
   * Called with an error when the disk fails, and with null when it works again. In between the
   * spool is in memory.
   */
  onDisk?: (trouble: Error | null) => void
  /** Called when written data cannot be read back. It is skipped. */
  onUnreadable?: (loss: { bytes: number; error: Error }) => void
  /** Called before fully acknowledged files are deleted. */
  beforeDrop?: () => void
  /** Called with each message found at the start. */
  onRecovered?: (record: PlacedRecord) => void
  /** False: nothing is written, because the directory's lock could not be acquired. */
  isWritable?: boolean
}
