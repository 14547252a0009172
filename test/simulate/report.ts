import type { Result } from "./result.ts"

const number = (value: number) => value.toLocaleString("en", { maximumFractionDigits: 2 })
const perQueue = (values: Record<string, number>) =>
  Object.entries(values)
    .map(([name, value]) => `${name} ${number(value)}`)
    .join(", ")

/** A result in lines, for the terminal. */
export function linesOf(title: string, result: Result): string[] {
  const { latency, hotKeys } = result
  const rows: [string, string][] = [
    ["load", result.load],
    ["settings", result.settings],
    ["events, webhooks", `${number(result.events)}, ${number(result.webhooks)}`],
    [
      "delivered, failed, pending",
      `${number(result.delivered)}, ${number(result.failed)}, ${number(result.pending)}`,
    ],
    [
      "edge to receiver, ms",
      `p50 ${number(latency.p50)}, p99 ${number(latency.p99)}, most ${number(latency.most)}`,
    ],
    ["most that waited", perQueue(result.backlog)],
    ["empty after, s", number(result.drainedSeconds)],
    ["batches at once", perQueue(result.concurrency)],
    ["messages a batch", perQueue(result.messagesABatch)],
    ["$ a million webhooks", number(result.dollarsAMillionWebhooks)],
    [
      "units a webhook",
      `${number(result.writeUnitsAWebhook)} written, ${number(result.readUnitsAWebhook)} read`,
    ],
    ["throttles, refused", `${number(result.throttles)}, ${number(result.refusedWrites)}`],
    ...hotKeys.map(({ key, share, throttles }): [string, string] => [
      "hot key",
      `${key}: ${number(share * 100)} % of its limit, ${number(throttles)} throttles`,
    ]),
    ...Object.entries(result.figures).map(([name, value]): [string, string] => [
      name,
      number(value),
    ]),
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  return [title, ...rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`), ""]
}
