const MEGABYTE = 1_048_576

export const SEGMENT_BYTES = 8 * MEGABYTE
/** Maximum size of the records in memory that wait to be sent. The rest is read back from the disk later. */
export const WINDOW_BYTES = 8 * MEGABYTE
/** Maximum size of the records in memory while the disk fails. */
export const MEMORY_BYTES = 64 * MEGABYTE
/** A group is flushed this long after the end of the previous flush, or at this size. */
export const GROUP_MS = 10
export const GROUP_BYTES = MEGABYTE / 2
export const DISK_RETRY_MS = 1_000
