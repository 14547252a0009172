import { writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { resolve } from "node:path"
import { proofDir, root } from "../offline/paths.ts"
import { bundleBytes, bundlePath, bundles, startBundle } from "./bundle.ts"

const RUNS = 5

// The same clients and commands and nothing of ours: what no code of ours can take off an import.
const bareSdk = `
import { DynamoDBClient, GetItemCommand, QueryCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb"
import { SendMessageBatchCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs"
export const handler = [DynamoDBClient, GetItemCommand, QueryCommand, UpdateItemCommand,
  SendMessageBatchCommand, SendMessageCommand, SQSClient]
`

// SST's own bundler, so that both are made alike; what it puts at the head of a bundle, for packages that are CommonJS.
const bundleSdk = async () => {
  const platform = createRequire(resolve(root, ".sst/platform/package.json"))
  const { build } = platform("esbuild")
  const outfile = resolve(proofDir, "sdk.mjs")
  const require = `import { createRequire } from "node:module"; const require = createRequire(import.meta.url)`
  await build({
    stdin: { contents: bareSdk, resolveDir: resolve(root, "functions") },
    outfile,
    bundle: true,
    minify: true,
    platform: "node",
    format: "esm",
    target: "esnext",
    mainFields: ["module", "main"],
    banner: { js: require },
  })
  return outfile
}

// The fastest of a few: on a busy machine the others tell of the machine.
const importMs = async (path: string) => {
  const times: number[] = []
  for (let run = 0; run < RUNS; run++) {
    const { importMs, close } = await startBundle(path, { SST_RESOURCES_JSON: "{}" })
    close()
    times.push(importMs)
  }
  return Math.min(...times)
}

/** Bytes and import time of each bundle, beside the bare SDK's: reported, since a busy machine makes times long. */
export const bundleReport = async () => {
  const lines = [`bare SDK: imported in ${(await importMs(await bundleSdk())).toFixed(0)} ms`]
  const sizes: Record<string, { bytes: number; importMs: number }> = {}
  for (const name of bundles) {
    const ms = await importMs(bundlePath(name))
    sizes[name] = { bytes: bundleBytes(name), importMs: Math.round(ms) }
    lines.push(
      `${name}: ${(bundleBytes(name) / 1024).toFixed(0)} KB, imported in ${ms.toFixed(0)} ms`,
    )
  }
  writeFileSync(resolve(proofDir, "bundles.json"), JSON.stringify(sizes, null, 2))
  return lines
}
