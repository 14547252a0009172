import { spawn } from "node:child_process"
import { existsSync, mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join, resolve } from "node:path"
import { text } from "node:stream/consumers"
import { startAwsStub } from "./aws-stub.ts"
import { recordingPath, root } from "./paths.ts"
import { sstBinary, sstEnvironment } from "./tools.ts"

// SST looks for pulumi in the user's config folder, and honours SST_PULUMI_PATH for previews alone: hence a HOME of our own.
const makeHome = () => {
  const home = mkdtempSync(join(tmpdir(), "ringback-infra-"))
  const inConfig = process.platform === "darwin" ? "Library/Application Support" : ".config"
  const pulumi = join(home, inConfig, "sst/bin/pulumi")
  mkdirSync(dirname(pulumi), { recursive: true })
  const standIn = resolve(import.meta.dirname, "pulumi.ts")
  writeFileSync(pulumi, `#!/bin/sh\nexec "${process.execPath}" "${standIn}" "$@"\n`, {
    mode: 0o755,
  })
  return { home, pulumi }
}

// SST empties sst-env.d.ts when the program fails; a failed run must not change what is committed.
const keepTypes = () => {
  const path = resolve(root, "sst-env.d.ts")
  const before = existsSync(path) ? readFileSync(path) : undefined
  return () => before && writeFileSync(path, before)
}

/** Runs the real `sst diff --json` for a stage and keeps what it printed: one entry a resource. */
export const recordDiff = async (stage: string, settings: Record<string, string>) => {
  const stub = await startAwsStub()
  const { home, pulumi } = makeHome()
  const restoreTypes = keepTypes()
  try {
    const child = spawn(sstBinary, ["diff", "--stage", stage, "--json"], {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...sstEnvironment(),
        ...settings,
        HOME: home,
        XDG_CONFIG_HOME: join(home, ".config"),
        SST_PULUMI_PATH: pulumi,
        SST_AWS_NO_PROFILE: "1",
        AWS_ENDPOINT_URL: stub.url,
        AWS_ACCESS_KEY_ID: "offline",
        AWS_SECRET_ACCESS_KEY: "offline",
        AWS_SESSION_TOKEN: "",
        AWS_PROFILE: "",
        AWS_REGION: "us-east-1",
        AWS_EC2_METADATA_DISABLED: "true",
      },
    })
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve))
    const [printed, complaints, code] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      ended,
    ])
    if (code !== 0) {
      restoreTypes()
      const log = readFileSync(resolve(root, ".sst/log/pulumi.err.log"), "utf8")
      throw new Error(`sst diff --stage ${stage} failed:\n${complaints}${log}`)
    }
    writeFileSync(recordingPath(stage), printed)
  } finally {
    stub.close()
    rmSync(home, { recursive: true, force: true })
  }
}
