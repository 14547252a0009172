import { readFileSync } from "node:fs"
import { recordingPath } from "./offline/paths.ts"

/** One resource as the program registered it; `name` is its logical name. */
export type Resource = {
  type: string
  urn: string
  name: string
  id: string
  retainOnDelete?: boolean
  inputs: any
  outputs: any
}

export type Recording = { stage: string; resources: Resource[] }

/** What `sst diff --json` printed for a stage. */
export const readRecording = (stage: string): Recording => {
  const entries = JSON.parse(readFileSync(recordingPath(stage), "utf8")) as {
    new: Omit<Resource, "name">
  }[]
  const resources = entries.map((entry) => ({
    ...entry.new,
    name: entry.new.urn.split("::").at(-1) ?? "",
  }))
  return { stage, resources }
}

const types = {
  alarm: "aws:cloudwatch/metricAlarm:MetricAlarm",
  api: "aws:apigatewayv2/api:Api",
  apiStage: "aws:apigatewayv2/stage:Stage",
  dashboard: "aws:cloudwatch/dashboard:Dashboard",
  function: "aws:lambda/function:Function",
  key: "aws:kms/key:Key",
  logGroup: "aws:cloudwatch/logGroup:LogGroup",
  mapping: "aws:lambda/eventSourceMapping:EventSourceMapping",
  metricFilter: "aws:cloudwatch/logMetricFilter:LogMetricFilter",
  permission: "aws:lambda/permission:Permission",
  parameter: "aws:ssm/parameter:Parameter",
  policy: "aws:iam/policy:Policy",
  queue: "aws:sqs/queue:Queue",
  recursion: "aws:lambda/functionRecursionConfig:FunctionRecursionConfig",
  retries: "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
  role: "aws:iam/role:Role",
  schedule: "aws:scheduler/schedule:Schedule",
  service: "aws:ecs/service:Service",
  subscription: "aws:sns/topicSubscription:TopicSubscription",
  table: "aws:dynamodb/table:Table",
  task: "aws:ecs/taskDefinition:TaskDefinition",
  topic: "aws:sns/topic:Topic",
} as const

export type Kind = keyof typeof types

export const all = ({ resources }: Recording, kind: Kind) =>
  resources.filter(({ type }) => type === types[kind])

/** The one resource of a kind and a logical name. */
export const find = (recording: Recording, kind: Kind, name: string): Resource | undefined =>
  all(recording, kind).find((resource) => resource.name === name)

/** As `find`, for what must be there; a test that plants faults uses it too. */
export const get = (recording: Recording, kind: Kind, name: string): Resource => {
  const found = find(recording, kind, name)
  if (found) return found
  const names = all(recording, kind).map((resource) => resource.name)
  throw new Error(`no ${kind} ${name} among ${names.join(", ")}`)
}

export const byArn = (recording: Recording, kind: Kind, arn: string) =>
  all(recording, kind).find(({ outputs }) => outputs.arn === arn)

/** SST appends the kind to a component's name. */
export const queueOf = (name: string) => `${name}Queue`
