import type { Action } from "@ringback/ami/action"
import type { AmiMessage } from "@ringback/ami/message"
import type { Intake } from "./intake.ts"
import type { Log } from "./log.ts"
import { requestReadClasses, mayRead, UNREAD } from "./pbx-console.ts"

const SETTLED_MS = 3_000

type WatchOptions = {
  intake: Intake
  send: (action: Action) => Promise<AmiMessage>
  log: Log
}

/** Logs settings that are missing in the PBX's manager.conf, once each. */
export class SettingsWatch {
  readonly #options: WatchOptions
  #lacksTimestamps = false
  #askedUser: string | undefined

  constructor(options: WatchOptions) {
    this.#options = options
  }

  /** `sessionMs`: age of the session; null without one. */
  check(user: string, sessionMs: number | null): void {
    this.#warnTimestamps()
    void this.#warnPermission(user, sessionMs)
  }

  #warnTimestamps(): void {
    const { intake, log } = this.#options
    // `manager reload` can change the setting during a session.
    const lacksTimestamps = intake.hasTaken && intake.newestTimestamp === null
    if (lacksTimestamps === this.#lacksTimestamps) return
    this.#lacksTimestamps = lacksTimestamps
    const fix = "timestampevents=yes in manager.conf, or twins send dllist and queue events twice"
    if (lacksTimestamps) log("events.no-timestamp", { fix })
    else log("events.timestamp")
  }

  async #warnPermission(user: string, sessionMs: number | null): Promise<void> {
    // An unanswered request ends the session. So it is sent once per user, and not in a new
    // session.
    if (this.#askedUser === user || sessionMs === null || sessionMs < SETTLED_MS) return
    this.#askedUser = user
    // The end of a session is logged elsewhere.
    const classes = await requestReadClasses(this.#options.send, user).catch(() => {})
    if (classes && !mayRead(classes, "message"))
      this.#options.log("events.not-permitted", { alarm: true, ...UNREAD })
  }
}
