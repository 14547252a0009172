import { mock } from "node:test"

// Only `Date` is mocked: timers, sockets and the SDK run as ever, and days of retries take no longer than their requests.

export const startClock = (at: number) => mock.timers.enable({ apis: ["Date"], now: at })
export const stopClock = () => mock.timers.reset()

/** Never back: a clock that does not go. */
export function advanceTo(at: number): void {
  if (at > Date.now()) mock.timers.setTime(at)
}
