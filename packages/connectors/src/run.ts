import {
  KEPT,
  type Answer,
  type End,
  type Kept,
  type Memory,
  type Request,
  type Steps,
} from "./step.ts"

export type Doing = {
  send: (request: Request) => Promise<Answer>
  keep: (memory: Partial<Memory> & { person?: Kept }) => Promise<void>
  /** Begins exclusive work on a person, and returns what is kept of that person. */
  person: (name: string) => Promise<Kept>
}

/** Runs the steps to the end. An error that is thrown meanwhile ends the run. */
export async function run(steps: Steps, { send, keep, person }: Doing): Promise<End> {
  let next = steps.next()
  while (!next.done) {
    const step = next.value
    if ("request" in step) next = steps.next(await send(step.request))
    else if ("person" in step) next = steps.next({ ...KEPT, body: await person(step.person) })
    else {
      await keep(step.keep)
      next = steps.next(KEPT)
    }
  }
  return next.value
}

/** The requests of steps if every response is successful. Nothing is sent. */
export function requestsOf(steps: Steps): { requests: Request[]; end: End } {
  const requests: Request[] = []
  let next = steps.next()
  while (!next.done) {
    const step = next.value
    if ("request" in step) requests.push(step.request)
    const body = "request" in step ? step.request.sample : null
    next = steps.next({ ...KEPT, body })
  }
  return { requests, end: next.value }
}
