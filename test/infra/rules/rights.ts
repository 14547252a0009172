import { queueOf, all, find, type Recording, type Resource } from "../recording.ts"
import type { Calls } from "../calls.ts"
import { makeFaults } from "./faults.ts"
import { readers } from "./readers.ts"

export type Statement = { Effect: string; Action: string | string[]; Resource: string | string[] }

const list = (value: string | string[]) => [value].flat()

export const statementsOf = (role: Resource): Statement[] =>
  (role.inputs.inlinePolicies ?? []).flatMap(
    ({ policy }: { policy: string }) => JSON.parse(policy).Statement,
  )

// The name by which code and infra know what an ARN belongs to.
const resourceNames = (recording: Recording) => {
  const names = new Map<string, string>()
  for (const { name, outputs } of all(recording, "queue")) {
    names.set(outputs.arn, name.replace(/Queue$/, ""))
  }
  for (const { outputs } of all(recording, "table")) {
    names.set(outputs.arn, "Table")
    for (const { name } of outputs.globalSecondaryIndexes ?? []) {
      names.set(`${outputs.arn}/index/${name}`, `Table/${name}`)
    }
  }
  for (const { outputs } of all(recording, "key")) names.set(outputs.arn, "DataKey")
  for (const { name, outputs } of all(recording, "parameter")) names.set(outputs.arn, name)
  for (const { name, outputs } of all(recording, "logGroup")) names.set(`${outputs.arn}:*`, name)
  return names
}

/** What each function's role allows, by resource. */
export const rightsOf = (recording: Recording): Calls => {
  const names = resourceNames(recording)
  const rights: Calls = {}
  for (const lambda of all(recording, "function")) {
    const name = lambda.name.replace(/Function$/, "")
    const role = all(recording, "role").find(({ outputs }) => outputs.arn === lambda.inputs.role)
    const mine = (rights[name] = {} as Record<string, string[]>)
    for (const { Action, Resource } of role ? statementsOf(role) : []) {
      for (const arn of list(Resource)) {
        const actions = (mine[names.get(arn) ?? arn] ??= [])
        actions.push(...list(Action))
      }
    }
  }
  return rights
}

// What is done in a function's name without a line of its code: Lambda writes its log and polls its queues.
const platformCalls = (name: string): Record<string, string[]> => ({
  [`${name}Logs`]: ["logs:CreateLogStream", "logs:PutLogEvents"],
  ...Object.fromEntries(
    Object.entries(readers)
      .filter(([, reader]) => reader === name)
      .map(([queue]) => [
        `${queue}Queue`,
        ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
      ]),
  ),
})

/** What a function's layer does in its name: it hands the spans on to X-Ray. */
const layerCalls = (recording: Recording, name: string): Record<string, string[]> => {
  const { layers = [] } = find(recording, "function", `${name}Function`)?.inputs ?? {}
  return layers.length > 0 ? { "*": ["xray:PutTelemetryRecords", "xray:PutTraceSegments"] } : {}
}

/** Each function may do what its code was seen to do and what Lambda does for it: nothing is missing, nothing unused. */
export const unequalRights = (recording: Recording, calls: Calls) => {
  const faults: string[] = []
  for (const [name, granted] of Object.entries(rightsOf(recording))) {
    const needed = [calls[name] ?? {}, platformCalls(name), layerCalls(recording, name)]
    const resources = new Set([granted, ...needed].flatMap((each) => Object.keys(each)))
    for (const resource of resources) {
      const may = new Set(granted[resource])
      const does = new Set(needed.flatMap((each) => each[resource] ?? []))
      for (const action of may.difference(does)) {
        faults.push(`${name} may ${action} on ${resource}, but never does`)
      }
      for (const action of does.difference(may)) {
        faults.push(`${name} does ${action} on ${resource}, but may not`)
      }
    }
  }
  return faults
}

/** Roles are for one service each, name exact actions on resources of this stack, and bring nobody else's policy. */
export const roleFaults = (recording: Recording) => {
  const { faults, expect, expectValues } = makeFaults()
  const names = resourceNames(recording)
  const functions = new Set(all(recording, "function").map(({ outputs }) => outputs.arn))
  for (const role of all(recording, "role")) {
    expectValues(role.name, trustOf(role), { services: ["Service"], managed: [] })
    for (const { Effect, Action, Resource } of statementsOf(role)) {
      expect(Effect === "Allow", `${role.name}: ${Effect}`)
      for (const action of list(Action)) {
        expect(!action.includes("*"), `${role.name}: ${action} is no exact action`)
        for (const arn of list(Resource)) {
          const isOurs =
            names.has(arn) || functions.has(arn) || isOfImage(action, arn) || isXray(action)
          expect(isOurs, `${role.name}: ${arn} is not of this stack`)
        }
      }
    }
  }
  return faults
}

// The collector's image is nothing that this stack makes, and ECR's token is nobody's.
const isOfImage = (action: string, arn: string) =>
  action === "ecr:GetAuthorizationToken" ||
  (action.startsWith("ecr:") && /:repository\/[^*]+$/.test(arn))

const isXray = (action: string) => action.startsWith("xray:Put")

const trustOf = ({ inputs }: Resource) => {
  const { assumeRolePolicy } = inputs
  const policy =
    typeof assumeRolePolicy === "string" ? JSON.parse(assumeRolePolicy) : assumeRolePolicy
  const principals = policy.Statement.map(({ Principal }: { Principal: object }) => Principal)
  return {
    services: principals.flatMap((principal: object) => Object.keys(principal)),
    managed: inputs.managedPolicyArns ?? [],
  }
}

/** Every action that any policy names. */
export const actionsOf = (recording: Recording) => {
  const policies = all(recording, "policy").flatMap(
    ({ inputs }) => JSON.parse(inputs.policy).Statement as Statement[],
  )
  const statements = [...all(recording, "role").flatMap(statementsOf), ...policies]
  return [...new Set(statements.flatMap(({ Action }) => list(Action)))].sort()
}

/** A collector may send to the ingest queue, and that is all. */
export const edgeFaults = (recording: Recording) => {
  const { faults, expectValues } = makeFaults()
  const policy = find(recording, "policy", "CollectorPolicy")
  const queue = find(recording, "queue", queueOf("IngestQueue"))
  const { Statement } = JSON.parse(policy?.inputs.policy ?? "{}")
  expectValues(
    "CollectorPolicy",
    { Statement },
    {
      Statement: [{ Effect: "Allow", Action: "sqs:SendMessage", Resource: queue?.outputs.arn }],
    },
  )
  return faults
}
