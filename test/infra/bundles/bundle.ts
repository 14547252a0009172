import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { readdirSync, readFileSync, statSync } from "node:fs"
import { dirname, resolve } from "node:path"
import { root } from "../offline/paths.ts"

export const workers = ["Ingest", "Deliver", "Jobs", "Release"] as const
export const bundles = [...workers, "AdminApi"] as const
export type BundleName = (typeof bundles)[number]

/** Where SST's own bundler put it in the last evaluation. */
export const bundlePath = (name: BundleName) =>
  resolve(root, ".sst/artifacts", `${name}-src`, "bundle.mjs")

/** The bundle's files: itself, and what is loaded when it is needed. */
const filesOf = (name: BundleName) => {
  const folder = dirname(bundlePath(name))
  return readdirSync(folder)
    .filter((file) => /\.m?js$/.test(file))
    .map((file) => resolve(folder, file))
}

export const readBundle = (name: BundleName) =>
  filesOf(name)
    .map((file) => readFileSync(file, "utf8"))
    .join("\n")

/** What is read when it starts: itself and what it imports at once. */
export const bundleBytes = (name: BundleName) => {
  const read = new Set<string>()
  const add = (file: string) => {
    if (read.has(file)) return
    read.add(file)
    const text = readFileSync(file, "utf8")
    for (const [, path = ""] of text.matchAll(/(?:from|import)\s*"(\.\/[^"]+)"/g))
      add(resolve(dirname(file), path))
  }
  add(bundlePath(name))
  return [...read].reduce((sum, file) => sum + statSync(file).size, 0)
}

/** The files that a bundle was made of, from its source maps, relative to the repository. */
export const sourcesOf = (name: BundleName): string[] =>
  filesOf(name).flatMap((file) => {
    const map = JSON.parse(readFileSync(`${file}.map`, "utf8")) as { sources: string[] }
    return map.sources.map((source) => resolve(dirname(file), source)).map(relativeToRoot)
  })

const relativeToRoot = (path: string) => path.replace(`${root}/`, "")

export type Running = {
  importMs: number
  invoke: (event: unknown) => Promise<any>
  close: () => void
}

const TIMEOUT_MS = 60_000

const answerOf = async (child: ChildProcess) => {
  const exit = once(child, "exit").then(([code]) => {
    throw new Error(`the bundle's process ended with ${code}`)
  })
  const [answer] = await Promise.race([once(child, "message"), exit])
  if (answer.error !== undefined) throw new Error(answer.error)
  return answer
}

/** Starts a module with a `handler` in a process of its own, under this Node. */
export const startBundle = async (
  path: string,
  environment: Record<string, string>,
): Promise<Running> => {
  const child = fork(resolve(import.meta.dirname, "runtime.ts"), [path], {
    cwd: dirname(path),
    env: environment,
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  })
  const { importMs } = await answerOf(child)
  return {
    importMs,
    async invoke(event) {
      child.send({ event, timeoutMs: TIMEOUT_MS })
      return (await answerOf(child)).result
    },
    close: () => void child.kill(),
  }
}
