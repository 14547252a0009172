import { all, readRecording } from "../recording.ts"
import type { Standing } from "./page.ts"

/** Of a permanent stage, as it was evaluated. */
export const readStanding = (): Standing => {
  const recording = readRecording("production")
  return {
    pollers: all(recording, "mapping").length,
    alarms: all(recording, "alarm").length,
    dashboards: all(recording, "dashboard").length,
    keys: all(recording, "key").length,
    schedules: all(recording, "schedule").length,
  }
}
