import { createHash } from "node:crypto"

// What AWS would have answered: only the computed outputs (ids, ARNs, URLs), so that the program's apply() callbacks run.
// Nothing here decides what is recorded.

type Values = Record<string, any>

export const ACCOUNT = "123456789012"

const one = (list: string[]) => (list.length === 1 ? list[0] : list)

const statementOf = (statement: Values) => ({
  Effect: statement.effect ?? "Allow",
  ...(statement.sid && { Sid: statement.sid }),
  ...(statement.actions && { Action: one(statement.actions) }),
  ...(statement.resources && { Resource: one(statement.resources) }),
  ...(statement.principals && {
    Principal: Object.fromEntries(
      statement.principals.map((p: Values) => [p.type, one(p.identifiers)]),
    ),
  }),
  ...(statement.conditions && {
    Condition: Object.fromEntries(
      statement.conditions.map((c: Values) => [c.test, { [c.variable]: one(c.values) }]),
    ),
  }),
})

/** Answers what a program asks of the provider. */
export const answer = (token: string, args: Values, region: string): Values => {
  switch (token) {
    case "aws:index/getRegion:getRegion":
      return { id: region, region, name: region }
    case "aws:index/getPartition:getPartition":
      return { id: "aws", partition: "aws", dnsSuffix: "amazonaws.com" }
    case "aws:index/getCallerIdentity:getCallerIdentity":
      return { id: ACCOUNT, accountId: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:user/offline` }
    case "aws:iam/getPolicyDocument:getPolicyDocument": {
      const Statement = (args.statements ?? []).map(statementOf)
      return { ...args, id: "policy", json: JSON.stringify({ Version: "2012-10-17", Statement }) }
    }
    case "aws:ecr/getAuthorizationToken:getAuthorizationToken":
      return { id: region, password: "offline", userName: "AWS", proxyEndpoint: "https://ecr" }
    default:
      throw new Error(`no answer for ${token}(${JSON.stringify(args)}): add it to outputs.ts`)
  }
}

/** The id and the outputs of a resource that has "been made". */
export const create = (type: string, name: string, inputs: Values, region: string) => {
  const hex = (size: number) =>
    createHash("sha256").update(`${type}::${name}`).digest("hex").slice(0, size)
  const physical: string = inputs.name ?? inputs.bucket ?? name
  const arnOf = (service: string, resource: string) =>
    `arn:aws:${service}:${region}:${ACCOUNT}:${resource}`
  const made = (id: string, outputs: Values) => ({ id, state: { ...inputs, ...outputs } })

  switch (type) {
    case "aws:sqs/queue:Queue": {
      const url = `https://sqs.${region}.amazonaws.com/${ACCOUNT}/${physical}`
      return made(url, { name: physical, url, arn: arnOf("sqs", physical) })
    }
    case "aws:dynamodb/table:Table":
      return made(physical, { name: physical, arn: arnOf("dynamodb", `table/${physical}`) })
    case "aws:lambda/function:Function": {
      const arn = arnOf("lambda", `function:${physical}`)
      const invokeArn = `arn:aws:apigateway:${region}:lambda:path/2015-03-31/functions/${arn}/invocations`
      return made(physical, {
        name: physical,
        arn,
        qualifiedArn: `${arn}:1`,
        version: "1",
        invokeArn,
      })
    }
    case "aws:iam/role:Role":
      return made(physical, { name: physical, arn: `arn:aws:iam::${ACCOUNT}:role/${physical}` })
    case "aws:cloudwatch/logGroup:LogGroup":
      return made(physical, { name: physical, arn: arnOf("logs", `log-group:${physical}`) })
    case "aws:sns/topic:Topic":
      return made(arnOf("sns", physical), { name: physical, arn: arnOf("sns", physical) })
    case "aws:kms/key:Key":
      return made(hex(32), { keyId: hex(32), arn: arnOf("kms", `key/${hex(32)}`) })
    case "aws:apigatewayv2/api:Api": {
      const id = `a${hex(9)}`
      const apiEndpoint = `https://${id}.execute-api.${region}.amazonaws.com`
      return made(id, { name: physical, apiEndpoint, executionArn: arnOf("execute-api", id) })
    }
    case "aws:acm/certificate:Certificate":
      return made(name, {
        arn: arnOf("acm", `certificate/${hex(32)}`),
        domainValidationOptions: [],
      })
    case "aws:ssm/parameter:Parameter":
      return made(name, { name: physical, arn: arnOf("ssm", `parameter${physical}`), version: 3 })
    case "aws:ecs/cluster:Cluster":
      return made(name, { name: physical, arn: arnOf("ecs", `cluster/${physical}`) })
    case "aws:efs/fileSystem:FileSystem":
      return made(`fs-${hex(17)}`, { arn: arnOf("elasticfilesystem", `file-system/fs-${hex(17)}`) })
    case "aws:efs/accessPoint:AccessPoint":
      return made(`fsap-${hex(17)}`, {
        arn: arnOf("elasticfilesystem", `access-point/fsap-${hex(17)}`),
      })
    case "docker-build:index:Image":
      return made(name, { digest: `sha256:${hex(64)}`, ref: `image@sha256:${hex(64)}` })
    case "random:index/randomBytes:RandomBytes": {
      const bytes = Buffer.alloc(Number(inputs.length), 7)
      return made(name, { base64: bytes.toString("base64"), hex: bytes.toString("hex") })
    }
    default: {
      const service = type.split(":")[1]?.split("/")[0] ?? ""
      return made(`${name}-${hex(8)}`, { name: physical, arn: arnOf(service, name) })
    }
  }
}
