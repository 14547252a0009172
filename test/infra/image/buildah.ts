import { spawnSync } from "node:child_process"
import { join } from "node:path"

const MINUTES = 60_000

export const has = (command: string) => spawnSync(command, ["--version"]).status === 0

/** Buildah with a store of its own, which needs neither a daemon nor a kernel's overlay. */
export const makeBuildah = (folder: string) => {
  const store = [
    "--root",
    join(folder, "store"),
    "--runroot",
    join(folder, "run"),
    "--storage-driver",
    "vfs",
  ]
  return (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync("buildah", [...store, ...args], {
      encoding: "utf8",
      timeout: 5 * MINUTES,
    })
    if (status !== 0) throw new Error(`buildah ${args.join(" ")}:\n${stdout}${stderr}`)
    return stdout.trim()
  }
}

/** The images that a Dockerfile begins from; a stage of its own is none. */
export const basesOf = (dockerfile: string) => {
  const defaults = new Map<string, string>()
  for (const [, name = "", value = ""] of dockerfile.matchAll(/^ARG (\w+)=(\S+)/gm))
    defaults.set(name, value)
  const filled = (text: string) =>
    text.replace(/\$\{?(\w+)\}?/g, (_, name: string) => defaults.get(name) ?? "")
  const stages = new Set([...dockerfile.matchAll(/^FROM .* AS (\S+)/gim)].map(([, name]) => name))
  const froms = [...dockerfile.matchAll(/^FROM (?:--\S+ )*(\S+)/gim)].map(([, name = ""]) =>
    filled(name),
  )
  return [...new Set(froms)].filter((name) => !stages.has(name) && name !== "scratch")
}
