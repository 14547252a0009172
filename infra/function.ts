import { logDays, settings } from "./deployment-settings.ts"
import { namespace } from "./namespace.ts"

const trustsLambda = aws.iam.assumeRolePolicyForPrincipal({ Service: "lambda.amazonaws.com" })

type Options = {
  description: string
  handler: string
  timeoutSeconds: number
  memory: `${number} MB`
  link: object[]
  permissions: { actions: string[]; resources: $util.Input<string>[] }[]
  /** Instances at once, reserved for it: a cap, and a part of the account's that no other function has. */
  concurrency?: number
  /** Of asynchronous invocations: none of those that poll a queue. */
  retries?: number
  /** It makes spans, where the stage says where they go. */
  isTraced?: boolean
  /** How long an asynchronous invocation may wait for an instance; AWS's own is six hours. */
  maximumEventAgeSeconds?: number
}

const { otlpEndpoint, otlpLayer } = settings

const tracesEnvironment = {
  ...(otlpEndpoint && { OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint }),
  OTEL_RESOURCE_ATTRIBUTES: `deployment.environment.name=${$app.stage}`,
}

// X-Ray knows no resource that a right could be named for.
const writesTraces = {
  actions: ["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
  resources: ["*"],
}

/** A function with a log group and a role of its own, that may do what it is told to and nothing else. */
export const makeFunction = (name: string, options: Options) => {
  // Made here and not by SST, so that the role can name it: SST's role may write to every log group of the account.
  const logGroup = new aws.cloudwatch.LogGroup(`${name}Logs`, {
    name: `/ringback/${$app.stage}/${name.toLowerCase()}`,
    retentionInDays: logDays,
  })
  const writesItsLog = {
    actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
    resources: [$interpolate`${logGroup.arn}:*`],
  }
  const isTraced = options.isTraced === true && otlpEndpoint !== undefined
  const lambda = new sst.aws.Function(name, {
    description: options.description,
    handler: options.handler,
    runtime: "nodejs24.x",
    architecture: "arm64",
    timeout: `${options.timeoutSeconds} seconds`,
    memory: options.memory,
    link: options.link,
    permissions: [
      writesItsLog,
      ...options.permissions,
      ...(isTraced && otlpLayer ? [writesTraces] : []),
    ],
    environment: {
      RINGBACK_METRICS_NAMESPACE: namespace,
      ...(isTraced && tracesEnvironment),
    },
    ...(isTraced && otlpLayer && { layers: [otlpLayer] }),
    logging: { format: "json", logGroup: logGroup.name },
    // What only some endpoints need (CRMs, JSONata) lies in files of its own, which are loaded by those alone; the process of
    // the transforms is started from one of them.
    nodejs: { minify: true, splitting: true },
    ...(options.concurrency !== undefined && {
      concurrency: { reserved: options.concurrency },
    }),
    ...(options.retries !== undefined && { retries: options.retries }),
    // SST 4.17.1 lets every principal of the account take the role, as for its live mode, and write to every log group.
    transform: {
      role: { assumeRolePolicy: trustsLambda, managedPolicyArns: [] },
      ...(options.maximumEventAgeSeconds !== undefined && {
        eventInvokeConfig: { maximumEventAgeInSeconds: options.maximumEventAgeSeconds },
      }),
    },
  })
  return { lambda, logGroup }
}
