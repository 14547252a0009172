import { ENOUGH_QUICK } from "@ringback/functions/endpoint/quick-runs"
import { CLAIMS_AT_ONCE } from "@ringback/functions/jobs/wake"
import { megabytes } from "../../infra/facts.ts"
import { changesCeiling } from "./ceilings.ts"
import type { ScaleData } from "./data.ts"
import { msOf } from "./job-time.ts"

const number = (value: number, digits = 0) =>
  value.toLocaleString("en", { maximumFractionDigits: digits })

// Figures of before a fault was mended are of runs of that day, with the code as it was then.

/** What is wrong at scale: mended, and not. */
export function found({ results, capacity, ...data }: ScaleData): string {
  const { tenThousand, due, outage, hundred } = results
  const { recover, erase } = data.counted
  const of = (figures: Record<string, number>, name: string) => number(figures[name] ?? NaN, 1)
  const whole = { results, capacity, ...data }
  return `Mended, with the figures of before:

- **Announced changes** were written by every worker that saw an endpoint fail or be slow, and are read by all: in a minute of 10,000 PBXs
  6,675 of them used up the partition \`CHANGES\`, 56,031 times they could not be read, and settings were read anew each ten seconds. Now
  one worker announces: ${of(tenThousand.figures, "announced changes")} in 80 s. What is left of them are stray failures, below.
- **\`release\` had no pace.** Its eight runs claim some 13,000 a second of a backlog, five write units each: with 300,000 due in a table warm for
  20,000 units a second, 1,014,675 requests were refused, first attempts of all tenants had a p99 of eight minutes, and others' retries
  were up to 748 s late. At its pace, with 1,000,000 due in one warm for 40,000: ${number(due.refusedWrites)} refused, others' retries at most ${of(due.figures, "others' retries at most late, s")} s late, 99 % of
  them arrived after ${of(due.figures, "minutes until 99 % of the vendor's had arrived")} minutes.
- **A receiver that always takes seconds** was woken at one or two a second: a slow answer halved the rate down to the same least as a 429 does, and
  4,000 parked deliveries would have taken an hour. Slowness alone now leads to five a second; the share of slow endpoints bounds the rest.
- **One answer over two seconds made an endpoint slow for a minute**, however many it got: a busy one whose every ten-thousandth answer is slow
  always went through the retry queue. At 10,000 PBXs with Retry at 300, 1,774 messages waited there and the p99 was 3.8 s. Now the first slow
  answer after ${ENOUGH_QUICK} quick ones is forgiven: ${number(tenThousand.backlog.Retry)} and ${number(tenThousand.latency.p99 / 1000, 1)} s. Retry stays a third of Delivery: at 200 it is 3,071 and 5.2 s.
- **\`wake\` had no pace of its own** but the third of a core that Jobs had. With a whole core and 25 claims at once, 22,505 writes were refused when
  the vendor came back, and as many webhooks posted again. With ${CLAIMS_AT_ONCE} at once it is ${number(outage.refusedWrites)}; a third of a core had 2,467.
- **Jobs had a third of a core**, which they use up: 1,000,000 recovered took 25 minutes and 10 million items erased 7 hours (49 and 19 by an
  earlier count on a busier machine), each item deleted by a request of its own, one partition after the other. A whole core costs the same.
  Batches of 25 take ${number(erase.cpuMs / (2 * erase.events), 2)} ms of CPU an item; one by one they took 0.64, counted on the same day.

Not mended:

- **An instance sees too few answers of most endpoints** to forgive a slow one. With 900 instances, each an hour old, only an endpoint with 25 webhooks
  a second has given each of them ${ENOUGH_QUICK}. All others are slow for a minute after one slow answer, as before.
- **Fair queues do not see a vendor.** Its endpoints are groups of their own, each with less than a tenth of what is in flight, so others wait
  behind them. The pace of \`release\` keeps that to seconds, as long as Retry carries the pace: 150 batches do, 50 carry ${number(50 * capacity.webhooksABatch)} a second.
- **Stray failures are announced too**, each first one of a run: with about ${number(changesCeiling(whole))} webhooks a second the partition is used up (at 10,000 PBXs it could
  not be read ${of(tenThousand.figures, "times that announced changes could not be read")} times in 80 s). Then settings are read again after ten seconds: ${number(tenThousand.readUnitsAWebhook, 1)} read units a webhook, no delay, and nothing lost.
- **515 batches of Delivery carry ${number(515 * capacity.webhooksABatch)} webhooks a second** at these receivers: a batch lasts as long as the slowest of ten answers. 1,000,000 a minute
  take about ${number(1e6 / 60 / capacity.webhooksABatch)}, close to the 1,000 that a mapping may have.
- **A job is one chain of pages** in a function of ${number(megabytes.jobs)} MB: 1,000,000 recovered take ${number((msOf(recover) * 1e6) / recover.events / 60_000)} minutes, and 10 million items erased ${number((msOf(erase) * 1e7) / (2 * erase.events) / 60_000)}.
- **Nobody's batches are full** while pollers are idle: at 100 PBXs ${number(hundred.messagesABatch.Delivery, 1)} messages a batch of Delivery, and $${hundred.dollarsAMillionWebhooks.toFixed(2)} a million webhooks.
- **What hangs costs**: ${of(outage.figures, "deliveries parked when the vendor came back")} parked deliveries made it ${number(outage.writeUnitsAWebhook, 1)} write units a webhook over all, parked and not. The last of them arrived
  ${of(outage.figures, "minutes until all had arrived, 60 at most")} minutes after the vendor was back, nine tenths were sent within ${of(outage.figures, "minutes until nine tenths of them were sent")}: an endpoint that answers slowly keeps its low rate.`
}
