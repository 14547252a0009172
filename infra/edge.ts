import { queues } from "./queues.ts"

/** All that a collector may do in this account. Who gets it on site, and how, is in README.md. */
export const collectorPermissions = [
  { actions: ["sqs:SendMessage"], resources: [queues.Ingest.arn] },
]

export const collectorPolicy = new aws.iam.Policy("CollectorPolicy", {
  description: `Ringback ${$app.stage}: a collector may send to the ingest queue`,
  policy: aws.iam.getPolicyDocumentOutput({ statements: collectorPermissions }).json,
})
