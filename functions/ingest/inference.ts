import { type EventMessage, FORGOTTEN } from "@ringback/events/message"
import { isEnded } from "@ringback/store/ended"
import * as Gap from "@ringback/store/gap"
import type { Table } from "@ringback/store/table"
import { MAX_DEFERRALS } from "./collector-report.ts"

// WHEN AN INFERRED EVENT IS ACCEPTED
//
// A collector infers from the PBX's lists what it missed, while another collector of the same PBX
// may have read and forwarded the real events. So an inferred event waits for the decision on its
// gap. If another collector read throughout the gap, the event is refuted. It may name several
// gaps, and may have happened in any of them. One gap that no collector covered is enough to accept
// it. The end of a record happens once: if some of its gaps were covered, a collector may have read
// the end, so it also waits for that.
//
// Dialings are different. They are held in the memory of the dialler's module, which loses them
// without an event when it is reloaded. Then even a collector that read throughout the gap got no
// event. A call that the PBX does not list is over, regardless of which collector read when. The
// only question is whether its end was reported. If a source has several collectors, each end that
// one reads is recorded. It may arrive late.

// The gap is reported after the events inferred for it, up to four minutes later, and its report is
// deferred too.
const MAX_INFERENCE_DEFERRALS = MAX_DEFERRALS + 8

type Inference = {
  tenant: string
  source: string
  synthetic: NonNullable<EventMessage["synthetic"]>
  /**
   * The record that the event deletes, as `dialing.deleted/Uuid`. Undefined if it is not a delete.
   */
  end: string | undefined
  /** How often the message was deferred. */
  deferrals: number
}

/**
 * `refuted`: why the inference is not accepted. `gapEnd`: when its gap ended, epoch ms, if known.
 */
export type Judged = { isDeferred: boolean; refuted?: string; gapEnd?: number | undefined }

export async function judgeInference(table: Table, inference: Inference): Promise<Judged> {
  const { tenant, source, synthetic, end, deferrals } = inference
  const gaps = await decisionsOf(table, tenant, synthetic)
  const gapEnd = gaps.at(-1)?.to
  const mayDefer = deferrals < MAX_INFERENCE_DEFERRALS
  const isUncovered = gaps.some((gap) => gap && !gap.isCovered)
  const isKnown = gaps.every(Boolean) || (isUncovered && end === undefined)
  if (!isKnown && mayDefer) return { isDeferred: true }
  const isCovered = gaps.length > 0 && gaps.every((gap) => gap?.isCovered)
  const isCall = end?.startsWith("dialing.") === true
  if (isCovered && !isCall)
    return { isDeferred: false, refuted: "another collector was connected throughout the gap" }
  if (end !== undefined && (await isEnded(table, tenant, source, end)))
    return { isDeferred: false, refuted: "another collector read this event from the PBX" }
  // Events that the other collector read may still be on their way.
  const mayHaveBeenRead = end !== undefined && gaps.some((gap) => gap?.isCovered)
  if (mayHaveBeenRead && mayDefer) return { isDeferred: true }
  return { isDeferred: false, gapEnd }
}

/** No gaps if the module itself lost its calls: then none is needed to accept the inference. */
async function decisionsOf(
  table: Table,
  tenant: string,
  { reason, gap, others = [] }: Inference["synthetic"],
) {
  if (reason === FORGOTTEN) return []
  return Promise.all([...others, gap].map((id) => Gap.decision(table, tenant, id)))
}
