import { all, find, queueOf, type Recording } from "../recording.ts"
import { makeFaults } from "./faults.ts"
import { statementsOf } from "./rights.ts"

/** The collector on Fargate: one task, private, read-only, without a shell, its secrets in no plain text. */
export const collectorFaults = (recording: Recording) => {
  const { faults, expect, expectValues } = makeFaults()
  for (const { name, inputs } of all(recording, "service")) {
    expectValues(name, inputs, {
      desiredCount: 1,
      deploymentMinimumHealthyPercent: 0,
      deploymentMaximumPercent: 100,
      enableExecuteCommand: false,
    })
    expectValues(name, inputs.networkConfiguration, { assignPublicIp: false })
  }
  for (const { name, inputs } of all(recording, "task")) {
    const [container, ...others] = JSON.parse(inputs.containerDefinitions)
    expect(others.length === 0, `${name}: has ${others.length + 1} containers, must be one`)
    expectValues(name, container, { readonlyRootFilesystem: true, user: "1000:1000" })
    expectValues(name, container, { portMappings: undefined, privileged: undefined })
    const plain: { name: string; value: string }[] = container.environment
    for (const each of plain) {
      expect(!/SECRET|TOKEN/.test(each.name), `${name}: ${each.name} is in plain text`)
    }
    // A task reads its secrets once: a changed one must make another task.
    const version = plain.find((each) => each.name === "CREDENTIALS_VERSION")
    expectValues(name, { version: version?.value }, { version: "3.3" })
    expect(
      plain.some((each) => each.name === "RINGBACK_API_URL"),
      `${name}: it cannot ask whether its token is valid`,
    )
    const wanted = ["AMI_SECRET", "RINGBACK_SOURCE_TOKEN"]
    const secrets = container.secrets.map((each: { name: string }) => each.name)
    expectValues(name, { secrets }, { secrets: wanted })
  }
  for (const { name, inputs } of all(recording, "parameter")) {
    expectValues(name, inputs, { type: "SecureString" })
  }
  const role = find(recording, "role", "CollectorTaskRole")
  const queue = find(recording, "queue", queueOf("IngestQueue"))?.outputs.arn
  if (role) {
    expectValues(
      role.name,
      { may: statementsOf(role) },
      {
        may: [{ Effect: "Allow", Action: "sqs:SendMessage", Resource: queue }],
      },
    )
  }
  return faults
}
