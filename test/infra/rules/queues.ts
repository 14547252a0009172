import * as facts from "../../../infra/facts.ts"
import { isPermanent } from "../../../infra/stage.ts"
import { byArn, find, queueOf, type Recording } from "../recording.ts"
import { makeFaults } from "./faults.ts"

/** Every queue of the facts, each with a dead-letter queue that keeps messages longer than it does, and Rejected. */
export const queueFaults = (recording: Recording) => {
  const { faults, expect, expectValues } = makeFaults()
  const isKept = isPermanent(recording.stage)
  const keeps = { messageRetentionSeconds: facts.deadLetterRetentionSeconds, fifoQueue: false }

  for (const [name, queue] of Object.entries(facts.queues)) {
    const main = find(recording, "queue", queueOf(`${name}Queue`))
    if (!main) {
      faults.push(`${name}: there is no such queue`)
      continue
    }
    expectValues(main.name, main.inputs, {
      visibilityTimeoutSeconds: facts.visibilitySeconds(queue),
      messageRetentionSeconds: queue.retentionSeconds,
      fifoQueue: false,
    })
    expect((main.retainOnDelete ?? false) === isKept, `${main.name}: retained must be ${isKept}`)

    const redrive = JSON.parse(main.inputs.redrivePolicy ?? "{}")
    const deadLetters = byArn(recording, "queue", redrive.deadLetterTargetArn)
    if (!deadLetters) {
      faults.push(`${main.name}: has no dead-letter queue`)
      continue
    }
    expectValues(main.name, redrive, { maxReceiveCount: queue.maxReceiveCount })
    expectValues(deadLetters.name, deadLetters.inputs, keeps)
    expect(deadLetters.name === queueOf(`${name}DeadLetters`), `${main.name}: another's DLQ`)
  }

  const rejected = find(recording, "queue", queueOf("RejectedQueue"))
  expect(rejected !== undefined, "RejectedQueue: there is no such queue")
  if (rejected) expectValues(rejected.name, rejected.inputs, keeps)
  return faults
}
