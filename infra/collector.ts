import { api } from "./api.ts"
import { makeCollectorRoles } from "./collector-roles.ts"
import { queues } from "./queues.ts"
import { logDays, settings } from "./deployment-settings.ts"
import { required } from "./environment.ts"
import { makeSpool } from "./spool.ts"
import { region } from "./stage.ts"

const HEALTH_PORT = 9464
const SPOOL_DIR = "/spool"

// ECS does not look at the image's own HEALTHCHECK.
const isHealthy = `fetch("http://127.0.0.1:${HEALTH_PORT}/healthz").then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))`

const makeSecret = (name: string) =>
  new aws.ssm.Parameter(name, {
    name: `/ringback/${$app.stage}/${name}`,
    type: "SecureString",
    value: new sst.Secret(name).value,
  })

type Parts = {
  image: string
  amiHost: string
  amiSecret: ReturnType<typeof makeSecret>
  sourceToken: ReturnType<typeof makeSecret>
  spool: ReturnType<typeof makeSpool>
  logGroup: aws.cloudwatch.LogGroup
}

const containerOf = ({ image, amiHost, amiSecret, sourceToken, spool, logGroup }: Parts) => ({
  name: "collector",
  image,
  essential: true,
  user: spool.user,
  readonlyRootFilesystem: true,
  stopTimeout: 30,
  environment: [
    { name: "AMI_HOST", value: amiHost },
    { name: "AMI_USERNAME", value: required("COLLECTOR_AMI_USERNAME") },
    { name: "RINGBACK_INGEST_QUEUE_URL", value: queues.Ingest.url },
    { name: "RINGBACK_API_URL", value: api.url },
    // A task reads its secrets when it starts. With its version a changed one is a new task.
    {
      name: "CREDENTIALS_VERSION",
      value: $interpolate`${amiSecret.version}.${sourceToken.version}`,
    },
    { name: "RINGBACK_SPOOL_DIR", value: SPOOL_DIR },
  ],
  secrets: [
    { name: "AMI_SECRET", valueFrom: amiSecret.arn },
    { name: "RINGBACK_SOURCE_TOKEN", valueFrom: sourceToken.arn },
  ],
  mountPoints: [{ sourceVolume: "spool", containerPath: SPOOL_DIR }],
  healthCheck: { command: ["CMD", "node", "-e", isHealthy], startPeriod: 30 },
  logConfiguration: {
    logDriver: "awslogs",
    options: {
      "awslogs-group": logGroup.name,
      "awslogs-region": region(),
      "awslogs-stream-prefix": "collector",
    },
  },
})

/**
 * A collector on Fargate, in the private subnets of the PBX's VPC. It has no public address and no
 * login.
 */
const makeCollector = (amiHost: string) => {
  const vpcId = required("COLLECTOR_VPC")
  const subnets = required("COLLECTOR_SUBNETS").split(",")
  const image = required("COLLECTOR_IMAGE")
  const amiSecret = makeSecret("CollectorAmiSecret")
  const sourceToken = makeSecret("CollectorSourceToken")

  const group = new aws.ec2.SecurityGroup("CollectorGroup", {
    vpcId,
    description: "Ringback's collector: admit it at the PBX's AMI port",
    egress: [{ protocol: "-1", fromPort: 0, toPort: 0, cidrBlocks: ["0.0.0.0/0"] }],
  })
  const spool = makeSpool({ vpcId, subnets, collectorGroup: group.id })
  const logGroup = new aws.cloudwatch.LogGroup("CollectorLogs", {
    name: `/ringback/${$app.stage}/collector`,
    retentionInDays: logDays,
  })
  const roles = makeCollectorRoles({ image, logGroup, secrets: [amiSecret, sourceToken] })

  const container = containerOf({ image, amiHost, amiSecret, sourceToken, spool, logGroup })

  const task = new aws.ecs.TaskDefinition("CollectorTask", {
    family: `ringback-${$app.stage}-collector`,
    cpu: "256",
    memory: "512",
    networkMode: "awsvpc",
    requiresCompatibilities: ["FARGATE"],
    runtimePlatform: { cpuArchitecture: "ARM64", operatingSystemFamily: "LINUX" },
    taskRoleArn: roles.task.arn,
    executionRoleArn: roles.execution.arn,
    containerDefinitions: $jsonStringify([container]),
    volumes: [
      {
        name: "spool",
        efsVolumeConfiguration: {
          fileSystemId: spool.fileSystem.id,
          transitEncryption: "ENABLED",
          authorizationConfig: { accessPointId: spool.accessPoint.id },
        },
      },
    ],
  })

  const cluster = new aws.ecs.Cluster("CollectorCluster")
  new aws.ecs.Service(
    "Collector",
    {
      cluster: cluster.arn,
      taskDefinition: task.arn,
      launchType: "FARGATE",
      desiredCount: 1,
      // The spool is locked by the task that uses it: the old task ends before the new one starts.
      deploymentMinimumHealthyPercent: 0,
      deploymentMaximumPercent: 100,
      deploymentCircuitBreaker: { enable: true, rollback: true },
      enableExecuteCommand: false,
      networkConfiguration: { subnets, securityGroups: [group.id], assignPublicIp: false },
    },
    { dependsOn: spool.mounts },
  )
  return { securityGroup: group.id }
}

export const collector = settings.collectorAmiHost
  ? makeCollector(settings.collectorAmiHost)
  : undefined
