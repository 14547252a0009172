import type { PlacedRecord } from "./segment.ts"

export type SpoolOptions = {
  dir: string
  /** Of what is not acknowledged; one segment more may be on the disk. */
  maxBytes: number
  /** The position up to which all was acknowledged, and how to keep it. */
  acknowledged: number
  saveAcknowledged: (position: number) => void
  /** The disk began to refuse, or took something again (null). In between the spool goes on from memory. */
  onDisk?: (trouble: Error | null) => void
  /** What was written cannot be read back: it is passed over. */
  onUnreadable?: (loss: { bytes: number; error: Error }) => void
  /** Before files are deleted whose messages were all acknowledged. */
  beforeDrop?: () => void
  /** Each message that is found at the start. */
  onRecovered?: (record: PlacedRecord) => void
  /** False: nothing is written, as nobody holds the directory's lock. */
  isWritable?: boolean
}
