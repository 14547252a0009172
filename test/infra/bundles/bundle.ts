import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { readFileSync, statSync } from "node:fs"
import { dirname, resolve } from "node:path"
import { root } from "../offline/paths.ts"

export const workers = ["Ingest", "Deliver", "Jobs", "Release"] as const
export const bundles = [...workers, "AdminApi"] as const
export type BundleName = (typeof bundles)[number]

/** Where SST's own bundler put it in the last evaluation. */
export const bundlePath = (name: BundleName) =>
  resolve(root, ".sst/artifacts", `${name}-src`, "bundle.mjs")

export const readBundle = (name: BundleName) => readFileSync(bundlePath(name), "utf8")

export const bundleBytes = (name: BundleName) => statSync(bundlePath(name)).size

/** The files that a bundle was made of, from its source map, relative to the repository. */
export const sourcesOf = (name: BundleName): string[] => {
  const map = JSON.parse(readFileSync(`${bundlePath(name)}.map`, "utf8")) as { sources: string[] }
  return map.sources.map((source) => resolve(dirname(bundlePath(name)), source)).map(relativeToRoot)
}

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
