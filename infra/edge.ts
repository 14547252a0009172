import { queues } from "./queues.ts"

/**
 * All permissions of a collector in this account. README.md describes how an on-site collector gets
 * them.
 */
export const collectorPermissions = [
  { actions: ["sqs:SendMessage"], resources: [queues.Ingest.arn] },
]

export const collectorPolicy = new aws.iam.Policy("CollectorPolicy", {
  description: `Ringback ${$app.stage}: a collector may send to the ingest queue`,
  policy: aws.iam.getPolicyDocumentOutput({ statements: collectorPermissions }).json,
})
