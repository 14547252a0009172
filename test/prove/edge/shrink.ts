import type { Plan, Step } from "./plan.ts"

const MOST_TRIES = 400

/** The least plan found that still fails: what can be left out is, and what remains comes no sooner for it. */
export async function shrink(plan: Plan, fails: (plan: Plan) => Promise<boolean>): Promise<Plan> {
  let least = plan
  let tries = 0
  const attempt = async (smaller: Plan) => {
    if (tries++ >= MOST_TRIES || !(await fails(smaller))) return false
    least = smaller
    return true
  }
  for (let isSmaller = true; isSmaller && tries < MOST_TRIES;) {
    isSmaller = false
    for (const each of simplerOf(least)) isSmaller = (await attempt(each)) || isSmaller
    for (let size = Math.ceil(least.steps.length / 2); size >= 1; size = Math.floor(size / 2)) {
      for (let at = 0; at < least.steps.length;) {
        const isLess = await attempt({ ...least, steps: without(least.steps, at, size) })
        if (!isLess) at += size
        isSmaller ||= isLess
      }
    }
  }
  return least
}

function simplerOf(plan: Plan): Plan[] {
  const simpler: Plan[] = []
  if (plan.skewsMs.length > 1) simpler.push({ ...plan, skewsMs: plan.skewsMs.slice(0, 1) })
  if (plan.skewsMs.some((skewMs) => skewMs !== 0)) {
    simpler.push({ ...plan, skewsMs: plan.skewsMs.map(() => 0) })
    simpler.push(
      ...plan.skewsMs.map((_, at) => ({
        ...plan,
        skewsMs: plan.skewsMs.map((skewMs, index) => (index === at ? 0 : skewMs)),
      })),
    )
  }
  if (!plan.hasTimestamps) simpler.push({ ...plan, hasTimestamps: true })
  if (plan.version === 13) simpler.push({ ...plan, version: 22 })
  return simpler
}

/** The others keep their times. */
function without(steps: readonly Step[], at: number, count: number): Step[] {
  const gone = steps.slice(at, at + count).reduce((sum, { afterMs }) => sum + afterMs, 0)
  const rest = steps.slice(at + count)
  const next = rest[0] && { ...rest[0], afterMs: rest[0].afterMs + gone }
  return [...steps.slice(0, at), ...(next ? [next] : []), ...rest.slice(1)]
}
