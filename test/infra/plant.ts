import { get, type Kind, queueOf, readRecording, type Recording } from "./recording.ts"
import { rules } from "./rules/all.ts"

export const sound = readRecording("production")

export const faultsOf = (recording: Recording) =>
  Object.values(rules).flatMap((rule) => rule(recording))

/** Changes a copy of what was recorded; gives the messages that were not there before. */
export const plant = (kind: Kind, name: string, change: (inputs: any) => void) => {
  const planted = structuredClone(sound)
  change(get(planted, kind, name).inputs)
  const before = new Set(faultsOf(sound))
  return faultsOf(planted).filter((message) => !before.has(message))
}

export const addAction = (inputs: any, action: string, resource: string) => {
  const [policy] = inputs.inlinePolicies
  const document = JSON.parse(policy.policy)
  document.Statement.push({ Effect: "Allow", Action: action, Resource: resource })
  policy.policy = JSON.stringify(document)
}

type Variable = { name: string; value: string }
export const withVariables = (change: (all: Variable[]) => Variable[]) => (inputs: any) => {
  const [container] = JSON.parse(inputs.containerDefinitions)
  const environment = change(container.environment)
  inputs.containerDefinitions = JSON.stringify([{ ...container, environment }])
}

export const mappingOf = (queue: string) => {
  const { outputs } = get(sound, "queue", queueOf(queue))
  return sound.resources.find(({ inputs }) => inputs.eventSourceArn === outputs.arn)?.name ?? ""
}

export const tableArn = get(sound, "table", "TableTable").outputs.arn
