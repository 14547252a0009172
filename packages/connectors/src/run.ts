import { KEPT, type Answer, type End, type Memory, type Request, type Steps } from "./step.ts"

export type Doing = {
  send: (request: Request) => Promise<Answer>
  keep: (memory: Partial<Memory>) => Promise<void>
}

/** Takes one step after the other to the end. What `send` or `keep` throws ends it too. */
export async function run(steps: Steps, { send, keep }: Doing): Promise<End> {
  let next = steps.next()
  while (!next.done) {
    const step = next.value
    if ("request" in step) next = steps.next(await send(step.request))
    else {
      await keep(step.keep)
      next = steps.next(KEPT)
    }
  }
  return next.value
}

/** The requests of steps whose answers are all good ones: what would be asked, without asking. */
export function requestsOf(steps: Steps): Request[] {
  const requests: Request[] = []
  let next = steps.next()
  while (!next.done) {
    const step = next.value
    if ("request" in step) requests.push(step.request)
    const body = "request" in step ? step.request.sample : null
    next = steps.next({ ...KEPT, body })
  }
  return requests
}
