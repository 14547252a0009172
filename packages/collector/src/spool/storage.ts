import { type Lock, lockDirectory } from "./lock.ts"
import { Known } from "../gaps/known.ts"
import type { Log } from "../log.ts"
import { makeDirectory } from "../make-directory.ts"
import { SettingError } from "../settings.ts"
import { Spool } from "./spool.ts"
import { collectorId, openState, type State } from "../state.ts"

export type Storage = {
  state: State
  spool: Spool
  collector: string
  known: Known
  /**
   * Writes to the state. A failing disk is reported by the spool and does not stop the collector.
   */
  attempt: (write: () => void) => void
  /** The current problem of the directory; null if it works. */
  trouble: () => string | null
  remember: (name: string, value: string) => void
  /**
   * Saves the known records and the acknowledged position together, so that they stay consistent.
   */
  checkpoint: () => void
  close: () => Promise<void>
}

type StorageOptions = { dir: string; maxBytes: number; log: Log; now: () => number }

/**
 * Opens a collector's directory: lock, state and spool. Throws a SettingError if it is unusable or
 * in use.
 */
export async function openStorage({ dir, maxBytes, log, now }: StorageOptions): Promise<Storage> {
  const lock = takeDirectory(dir, log)
  const state = openState(lock.isHeld ? dir : undefined, now())
  if (state.trouble) log("state.trouble", { alarm: true, dir, reason: state.trouble })
  let writeTrouble: string | null = null
  const attempt = (write: () => void) => {
    try {
      write()
      writeTrouble = null
    } catch (error) {
      writeTrouble = (error as Error).message
    }
  }
  const remember = (name: string, value: string) => attempt(() => state.set(name, value))
  try {
    const known = new Known(state)
    let acknowledged = Number(state.get("acknowledged") ?? 0)
    const checkpoint = () =>
      attempt(() => {
        const position = String(Math.min(acknowledged, known.save(spool.savedTo)))
        if (position !== state.get("acknowledged")) state.set("acknowledged", position)
      })
    const spool: Spool = await Spool.open({
      dir,
      maxBytes,
      isWritable: lock.isHeld,
      acknowledged,
      saveAcknowledged: (position) => (acknowledged = position),
      beforeDrop: checkpoint,
      onRecovered: (record) => known.recover(record),
      onDisk: (trouble) => {
        if (trouble) log("spool.memory", { alarm: true, dir, reason: trouble.message })
        else log("spool.disk", { dir })
      },
      onUnreadable: ({ bytes, error }) =>
        log("spool.unreadable", { alarm: true, dir, bytes, reason: error.message }),
    })
    const trouble = () => spool.diskTrouble?.message ?? state.trouble ?? writeTrouble
    const close = async () => {
      await spool.close()
      checkpoint()
      state.close()
      if (lock.isHeld) lock.release()
    }
    const collector = collectorId(state)
    return { state, spool, known, collector, attempt, remember, checkpoint, trouble, close }
  } catch (error) {
    state.close()
    if (lock.isHeld) lock.release()
    throw error
  }
}

function takeDirectory(dir: string, log: Log): Lock {
  try {
    makeDirectory(dir)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new SettingError(`RINGBACK_SPOOL_DIR names ${dir}, which cannot be created (${code})`, {
      cause,
    })
  }
  const lock = lockDirectory(dir)
  if (lock.isHeld) return lock
  if (lock.isInUse) {
    throw new SettingError(`RINGBACK_SPOOL_DIR names ${dir}, which another collector is using`)
  }
  // On a read-only disk the collector still reads the PBX and spools to memory.
  log("spool.memory", { alarm: true, dir, reason: lock.reason })
  return lock
}
