import { readFile } from "node:fs/promises"
import { setTimeout as wait } from "node:timers/promises"
import { eventStamp, startAmiServer } from "./ami-server.ts"
import { makePlay, type PlaybackSpeed } from "./recording.ts"

export type DemoPbx = {
  port: number
  username: string
  secret: string
  close: () => Promise<void>
}

const RECORDING = new URL("../demo/dialing.ami", import.meta.url)

// The first playback starts at once and runs fast, the later ones at a readable speed. Then they
// become less frequent, because the table keeps every event for thirty days.
const FIRST_SPEED: PlaybackSpeed = { minGapMs: 100, maxGapMs: 1500 }
const LATER_SPEED: PlaybackSpeed = { minGapMs: 600, maxGapMs: 3000 }
const FIRST_PAUSE_MS = 10_000
const LONGEST_PAUSE_MS = 30 * 60_000

/** A PBX that plays a campaign of five calls to whoever has logged in, again and again. */
export async function startDemoPbx({ username = "demo", secret = "demo" } = {}): Promise<DemoPbx> {
  const recording = await readFile(RECORDING, "utf8")
  const server = await startAmiServer({ username, secret })
  const ended = new AbortController()
  const { signal } = ended

  async function playForEver() {
    await Promise.race([server.begun, wait(2 ** 31 - 1, undefined, { signal, ref: false })])
    for (let speed = FIRST_SPEED, pauseMs = FIRST_PAUSE_MS; ; speed = LATER_SPEED) {
      const startedAt = Date.now()
      for (const { afterMs, text } of makePlay(recording, startedAt, speed)) {
        await wait(Math.max(0, startedAt + afterMs - Date.now()), undefined, { signal })
        server.say(text.replace("\r\nUuid:", `\r\nTimestamp: ${eventStamp()}\r\nUuid:`))
      }
      await wait(pauseMs, undefined, { signal })
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
    }
  }
  const playing = playForEver().catch((error: unknown) => {
    if (!signal.aborted) throw error
  })

  return {
    port: server.port,
    username,
    secret,
    async close() {
      ended.abort()
      await playing
      server.close()
    },
  }
}
