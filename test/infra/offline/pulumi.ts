// Stands in for the pulumi binary, as far as `sst diff` uses it: it runs the program that SST made and reports each
// resource as one to be created. It is no engine and has no provider: nothing here is checked against AWS.
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { runProgram } from "./program.ts"

const args = process.argv.slice(2)
const flag = (name: string) => args[args.indexOf(name) + 1] ?? ""

const [command] = args
const stack = command === "stack" ? (args[2] ?? "") : flag("--stack")
const [, app = "", stage = ""] = stack.split("/")

// The program changes its working directory.
const home = process.cwd()

const writeState = (resources: unknown[]) => {
  const path = join(home, ".pulumi/stacks", app, `${stage}.json`)
  mkdirSync(dirname(path), { recursive: true })
  const manifest = { time: "2026-01-01T00:00:00Z", magic: "", version: "v3.215.0" }
  const checkpoint = { stack, latest: { manifest, resources } }
  writeFileSync(path, JSON.stringify({ version: 3, checkpoint }))
}

let sequence = 0
const report = (event: object) => {
  const line = { sequence: ++sequence, timestamp: Math.floor(Date.now() / 1000), ...event }
  appendFileSync(flag("--event-log"), JSON.stringify(line) + "\n")
}

const stackUrn = `urn:pulumi:${stage}::${app}::pulumi:pulumi:Stack::${app}-${stage}`

const preview = async () => {
  const program = /^main: (.*)$/m.exec(readFileSync("Pulumi.yaml", "utf8"))?.[1] ?? ""
  const region = args.find((arg) => arg.startsWith("aws:region="))?.split("=")[1]
  const resources = await runProgram({
    program,
    project: app,
    stack: stage,
    region: region ?? process.env.AWS_REGION ?? "",
  })
  const root = {
    urn: stackUrn,
    type: "pulumi:pulumi:Stack",
    custom: false,
    inputs: {},
    outputs: {},
  }
  for (const resource of [root, ...resources]) {
    const { urn, type } = resource
    const next = { id: "", parent: "", provider: "", ...resource }
    const metadata = { op: "create", urn, type, old: null, new: next, keys: null, diffs: null }
    report({ resourcePreEvent: { metadata } })
    report({ resOutputsEvent: { metadata } })
  }
  writeState([root, ...resources])
  const resourceChanges = { create: resources.length + 1 }
  report({
    summaryEvent: { maybeCorrupt: false, durationSeconds: 0, resourceChanges, isPreview: true },
  })
}

const fail = (error: unknown) => {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  if (command === "preview") {
    report({
      diagnosticEvent: { urn: stackUrn, prefix: "", message, color: "never", severity: "error" },
    })
  }
  console.error(`error: ${message}`)
  process.exit(1)
}

if (command === "version") console.log("v3.215.0")
else if (command === "stack") writeState([])
else if (command === "preview") preview().then(() => process.exit(0), fail)
else fail(new Error(`${command}: this only records, it deploys nothing; use sst diff`))
