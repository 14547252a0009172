import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Failure } from "./failure.ts"

/** The API's URL and the key. */
export type Settings = { url: string; key: string; isLocal: boolean }

const DEFAULT_URL = "http://127.0.0.1:3000"

/** Reads the environment. On the developer's machine, also the data directory of `npm start`. */
export function readSettings(env: NodeJS.ProcessEnv, givenUrl: string | undefined): Settings {
  const dataDir = env["RINGBACK_DATA_DIR"] || ".ringback"
  const url = givenUrl || env["RINGBACK_URL"] || readyUrl(dataDir) || DEFAULT_URL
  const name = givenUrl ? "--url" : "RINGBACK_URL"
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new Failure(`${name}: ${JSON.stringify(url)} is not an http or https URL`, 2)
  }
  const isLocal = isLoopback(url)
  const key = env["RINGBACK_KEY"] || (isLocal ? localKey(env, dataDir) : undefined)
  if (!key) {
    throw new Failure(
      isLocal
        ? `No key: set RINGBACK_KEY, or run this where \`npm start\` keeps its ${dataDir} (RINGBACK_DATA_DIR)`
        : "No key: set RINGBACK_KEY to the operator's key or a tenant's (rbk_...)",
      2,
    )
  }
  return { url: url.replace(/\/+$/, ""), key, isLocal }
}

// The local operator key is never sent to another machine.
const localKey = (env: NodeJS.ProcessEnv, dataDir: string) =>
  env["RINGBACK_OPERATOR_KEY"] || read(join(dataDir, "operator-key"))?.trim()

// The line that `npm start` printed when it was ready. The file may be somebody else's, since the
// directory is relative to where the command is run: it must not name the host that gets the key.
function readyUrl(dataDir: string): string | undefined {
  const path = join(dataDir, "ready.json")
  const url = apiUrlIn(read(path))
  if (url === undefined || isLoopback(url)) return url
  const problem = `${path} names ${JSON.stringify(url)}, which is not on this machine`
  throw new Failure(`${problem}: no key is sent there. If it is meant, set RINGBACK_URL`, 2)
}

function apiUrlIn(text: string | undefined): string | undefined {
  try {
    const { apiUrl } = JSON.parse(text ?? "{}") as { apiUrl?: unknown }
    return typeof apiUrl === "string" ? apiUrl : undefined
  } catch {
    return undefined
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8")
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === "ENOENT" || code === "ENOTDIR") return undefined
    throw new Failure(`${path} cannot be read (${code})`, 2)
  }
}

function isLoopback(url: string): boolean {
  const { hostname } = URL.canParse(url) ? new URL(url) : { hostname: "" }
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname)
}
