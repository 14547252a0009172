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

type Settings = Record<string, string>
export type Sst = (args: string[], settings?: Settings) => Promise<string>

/** Gives the work a real sst CLI, whose account is a stub that lasts as long as the work. */
export const withSst = async <T>(work: (sst: Sst) => Promise<T>): Promise<T> => {
  const stub = await startAwsStub()
  const { home, pulumi } = makeHome()
  const sst: Sst = async (args, settings = {}) => {
    const child = spawn(sstBinary, args, {
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
    if (code === 0) return printed
    const path = resolve(root, ".sst/log/pulumi.err.log")
    const log = existsSync(path) ? readFileSync(path, "utf8") : ""
    throw new Error(`sst ${args.join(" ")} failed:\n${printed}${complaints}${log}`)
  }
  try {
    return await work(sst)
  } finally {
    stub.close()
    rmSync(home, { recursive: true, force: true })
  }
}

/** Runs `sst diff --json` for a stage and keeps what it printed: one entry a resource. */
export const recordDiff = async (stage: string, settings: Settings) => {
  const restoreTypes = keepTypes()
  try {
    const printed = await withSst((sst) => sst(["diff", "--stage", stage, "--json"], settings))
    writeFileSync(recordingPath(stage), printed)
  } catch (error) {
    restoreTypes()
    throw error
  }
}
