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
  /** Maximum concurrent instances, reserved from the account's. No other function can use them. */
  concurrency?: number
  /** For asynchronous invocations only, not for functions that poll a queue. */
  retries?: number
  /** The function creates spans, if the stage has a destination for them. */
  isTraced?: boolean
  /** How long an asynchronous invocation can wait for an instance. AWS's default is six hours. */
  maximumEventAgeSeconds?: number
}

const { otlpEndpoint, otlpLayer } = settings

const tracesEnvironment = {
  ...(otlpEndpoint && { OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint }),
  OTEL_RESOURCE_ATTRIBUTES: `deployment.environment.name=${$app.stage}`,
}

// X-Ray has no resources to which a permission could be limited.
const writesTraces = {
  actions: ["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
  resources: ["*"],
}

/** A function with its own log group and a role that has exactly the given permissions. */
export const makeFunction = (name: string, options: Options) => {
  // Created here and not by SST, so that the role can name it: SST's role can write to every log
  // group of the account.
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
    // The layer runs a collector of its own beside the function.
    memory: `${Math.max(Number.parseInt(options.memory), isTraced && otlpLayer ? 512 : 0)} MB`,
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
    // Code that only some endpoints need (CRMs, JSONata) is in separate files, which are loaded on
    // demand. The process of the transforms is started from one of them.
    nodejs: { minify: true, splitting: true },
    ...(options.concurrency !== undefined && {
      concurrency: { reserved: options.concurrency },
    }),
    ...(options.retries !== undefined && { retries: options.retries }),
    // SST 4.17.1 allows every principal of the account to assume the role, as for its live mode,
    // and to write to every log group.
    transform: {
      role: { assumeRolePolicy: trustsLambda, managedPolicyArns: [] },
      // Lambda's own lines about each invocation (start, end, duration) would be a large part of the
      // log. Lambda's metrics have counts, durations and errors. Failures and timeouts are logged.
      function: (inputs) => {
        inputs.loggingConfig = $output(inputs.loggingConfig).apply((logging) => ({
          logFormat: "JSON",
          ...logging,
          systemLogLevel: "WARN",
        }))
      },
      ...(options.maximumEventAgeSeconds !== undefined && {
        eventInvokeConfig: { maximumEventAgeInSeconds: options.maximumEventAgeSeconds },
      }),
    },
  })
  return { lambda, logGroup }
}
