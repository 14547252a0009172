import { type EventMessage, FORGOTTEN } from "@ringback/events/message"
import { isEnded } from "@ringback/store/ended"
import * as Gap from "@ringback/store/gap"
import type { Table } from "@ringback/store/table"
import { MAX_DEFERRALS } from "./collector-report.ts"

// WHAT IS BELIEVED OF AN INFERRED EVENT
//
// A collector infers from the PBX's lists what it missed, while another one of the same PBX may have heard what really
// happened, and told it. So an inference waits for the decision on its gap, and where another collector read throughout
// the gap it is refuted. It may bear several gaps, and have happened in any of them: one that nobody covered is enough to
// believe it.
//
// Dialings are another matter. They live in the memory of the dialler's module, which forgets them without a word when it is
// loaded anew; a collector that read throughout has heard nothing then. A call that the PBX does not list is over, whoever
// read when. The only question is whether its end was told: that is noted of each end that is heard, and may be late.

// The gap is reported after what was inferred of it, and deferred itself.
const MAX_INFERENCE_DEFERRALS = 3 * MAX_DEFERRALS

type Inference = {
  tenant: string
  source: string
  synthetic: NonNullable<EventMessage["synthetic"]>
  /** The record that is gone with it, as `dialing.deleted/Uuid`; undefined where it is no delete. */
  end: string | undefined
  /** How often it was deferred. */
  deferrals: number
}

/** `refuted`: why it is not believed. `gapEnd`: when its gap ended, epoch ms, where that is known. */
export type Judged = { isDeferred: boolean; refuted?: string; gapEnd?: number | undefined }

export async function judgeInference(table: Table, inference: Inference): Promise<Judged> {
  const { tenant, source, synthetic, end, deferrals } = inference
  const gaps = await decisionsOf(table, tenant, synthetic)
  const gapEnd = gaps.at(-1)?.to
  const mayDefer = deferrals < MAX_INFERENCE_DEFERRALS
  const isKnown = gaps.every(Boolean) || gaps.some((gap) => gap && !gap.isCovered)
  if (!isKnown && mayDefer) return { isDeferred: true }
  const isCovered = gaps.length > 0 && gaps.every((gap) => gap?.isCovered)
  const isCall = end?.startsWith("dialing.") === true
  if (isCovered && !isCall)
    return { isDeferred: false, refuted: "another collector was connected throughout the gap" }
  if (end !== undefined && (await isEnded(table, tenant, source, end)))
    return { isDeferred: false, refuted: "another collector heard the PBX say so" }
  // What the other one heard may still be on its way.
  if (isCovered && mayDefer) return { isDeferred: true }
  return { isDeferred: false, gapEnd }
}

/** None where the module itself forgot its calls: no gap is needed to believe that. */
async function decisionsOf(
  table: Table,
  tenant: string,
  { reason, gap, others = [] }: Inference["synthetic"],
) {
  if (reason === FORGOTTEN) return []
  return Promise.all([...others, gap].map((id) => Gap.decision(table, tenant, id)))
}
