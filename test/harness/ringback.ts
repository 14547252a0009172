import { spawn, type ChildProcess } from "node:child_process"
import { once } from "node:events"
import { until } from "./until.ts"

export type Ready = {
  ready: true
  pid: number
  apiUrl: string
  docsUrl: string
  ingestQueueUrl: string
  awsEndpointSqs: string
}

/** A `npm start` in a process of its own. */
export type Ringback = {
  child: ChildProcess
  stdout: () => string
  stderr: () => string
  /** The exit code, or the signal that ended it. */
  ended: Promise<number | string>
}

const main = new URL("../../packages/local/src/main.ts", import.meta.url).pathname

export const operatorKey = "the operator's key of a test"

// Not the environment's own services: every `npm start` there would share one set of queues.
const standard = {
  AWS_ENDPOINT_URL_SQS: "",
  AWS_ENDPOINT_URL_DYNAMODB: "",
  RINGBACK_PORT: "0",
  RINGBACK_SQS_PORT: "0",
  RINGBACK_DYNAMODB_PORT: "0",
  RINGBACK_OPERATOR_KEY: operatorKey,
  NO_COLOR: "1",
}

type Context = { after: (clean: () => void | Promise<void>) => void }

export function spawnRingback(context: Context, env: Record<string, string>): Ringback {
  const child = spawn(process.execPath, ["--max-semi-space-size=2", main], {
    env: { ...process.env, ...standard, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  })
  context.after(() => void child.kill("SIGKILL"))
  let stdout = ""
  let stderr = ""
  child.stdout.on("data", (chunk) => (stdout += chunk))
  child.stderr.on("data", (chunk) => (stderr += chunk))
  const ended = once(child, "close").then(([code, signal]) => (code ?? signal) as number | string)
  return { child, stdout: () => stdout, stderr: () => stderr, ended }
}

/** Started, and up. */
export async function startRingback(
  context: Context,
  env: Record<string, string>,
): Promise<
  Ringback & { ready: Ready; call: Call; kill: (signal?: NodeJS.Signals) => Promise<void> }
> {
  const ringback = spawnRingback(context, env)
  let isOver = false
  void ringback.ended.then(() => (isOver = true))
  await until(() => ringback.stdout().includes("\n") || isOver, { what: "the ready line" })
  if (isOver) throw new Error(`npm start ended: ${ringback.stderr()}`)
  const ready = JSON.parse(ringback.stdout()) as Ready
  const kill = async (signal: NodeJS.Signals = "SIGTERM") => {
    ringback.child.kill(signal)
    await until(() => isOver, { seconds: 60, what: `the end of npm start after ${signal}` })
  }
  return { ...ringback, ready, kill, call: makeCall(ready.apiUrl) }
}

/** A request of the operator; the answer's body. */
export type Call = <T = Record<string, never>>(
  method: string,
  path: string,
  body?: unknown,
) => Promise<T>

function makeCall(apiUrl: string): Call {
  return async <T>(method: string, path: string, body?: unknown) => {
    const response = await fetch(`${apiUrl}/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${operatorKey}`, "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`)
    return (response.status === 204 ? undefined : await response.json()) as T
  }
}
