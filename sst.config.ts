/// <reference path="./.sst/platform/config.d.ts" />

export default $config({
  async app(input) {
    const { isPermanent, region, tags } = await import("./infra/stage.ts")
    const stage = input.stage
    return {
      name: "ringback",
      home: "aws",
      removal: isPermanent(stage) ? "retain" : "remove",
      protect: isPermanent(stage),
      providers: { aws: { region: region(), defaultTags: { tags: tags(stage) } } },
    }
  },
  async run() {
    const { table } = await import("./infra/storage.ts")
    const { queues } = await import("./infra/queues.ts")
    await import("./infra/workers.ts")
    const { api } = await import("./infra/api.ts")
    const { alarmTopic } = await import("./infra/alarms.ts")
    const { dashboardUrl } = await import("./infra/dashboard.ts")
    const { collectorPolicy } = await import("./infra/edge.ts")
    const { collector } = await import("./infra/collector.ts")
    return {
      api: api.url,
      ingestQueue: queues.Ingest.url,
      collectorPolicy: collectorPolicy.arn,
      table: table.name,
      alarms: alarmTopic.arn,
      dashboard: dashboardUrl,
      ...(collector && { collectorSecurityGroup: collector.securityGroup }),
    }
  },
})
