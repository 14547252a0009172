import { collectorPermissions } from "./edge.ts"

type Permission = { actions: string[]; resources: $util.Input<string>[] }

const policyOf = (statements: Permission[]) => [
  { name: "inline", policy: aws.iam.getPolicyDocumentOutput({ statements }).json },
]

const makeRole = (name: string, statements: Permission[]) =>
  new aws.iam.Role(name, {
    assumeRolePolicy: aws.iam.assumeRolePolicyForPrincipal({ Service: "ecs-tasks.amazonaws.com" }),
    inlinePolicies: policyOf(statements),
  })

const ecrImage =
  /^(?<account>\d{12})\.dkr\.ecr\.(?<region>[a-z0-9-]+)\.amazonaws\.com\/(?<name>[^:@]+)/

// A public registry's image needs no permission. ECR's token is the only action that has no
// resource.
const pulls = (image: string): Permission[] => {
  const { account, region, name } = ecrImage.exec(image)?.groups ?? {}
  if (!name) return []
  return [
    { actions: ["ecr:GetAuthorizationToken"], resources: ["*"] },
    {
      actions: ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
      resources: [`arn:aws:ecr:${region}:${account}:repository/${name}`],
    },
  ]
}

type Options = {
  image: string
  logGroup: aws.cloudwatch.LogGroup
  secrets: aws.ssm.Parameter[]
}

/** Two roles: the collector's own, and that of ECS, which starts it and provides its secrets. */
export const makeCollectorRoles = ({ image, logGroup, secrets }: Options) => ({
  task: makeRole("CollectorTaskRole", collectorPermissions),
  execution: makeRole("CollectorExecutionRole", [
    ...pulls(image),
    {
      actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
      resources: [$interpolate`${logGroup.arn}:*`],
    },
    { actions: ["ssm:GetParameters"], resources: secrets.map(({ arn }) => arn) },
  ]),
})
