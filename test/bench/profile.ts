import { Session, type Profiler } from "node:inspector/promises"

/** CPU ms by cause: who ran, with native code counted for its caller. */
export type Causes = Record<string, number>

const SAMPLE_MICROSECONDS = 500

// The first that fits a file's URL.
const CAUSES: [cause: string, pattern: RegExp][] = [
  ["AWS SDK", /node_modules\/(@aws-sdk|@smithy|@aws-crypto|@aws)\//],
  ["other packages", /node_modules\//],
  ["HTTP and sockets", /^node:(_http|http|net|tls|dns|internal\/(http|net|dns|stream_base|tls))/],
  ["cryptography", /^node:(crypto|internal\/crypto)/],
  ["streams and events", /^node:(stream|events|buffer|internal\/(streams|event|buffer))/],
  ["rest of Node", /^node:/],
  ["our code", /./],
]

const ROOTS: Record<string, string> = {
  "(garbage collector)": "garbage collection",
  "(program)": "native, without JavaScript",
}

/** Starts sampling this process; the result ends it and tells the causes. */
export async function startProfile(): Promise<() => Promise<Causes>> {
  const session = new Session()
  session.connect()
  await session.post("Profiler.enable")
  await session.post("Profiler.setSamplingInterval", { interval: SAMPLE_MICROSECONDS })
  await session.post("Profiler.start")
  return async () => {
    const { profile } = await session.post("Profiler.stop")
    session.disconnect()
    return causesOf(profile)
  }
}

export function causesOf({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): Causes {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const parents = new Map(
    nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])),
  )
  const causeOf = (id: number | undefined): string | undefined => {
    const node = id === undefined ? undefined : byId.get(id)
    if (!node) return undefined
    const { functionName, url } = node.callFrame
    if (functionName in ROOTS) return ROOTS[functionName]
    if (functionName === "(idle)") return "idle"
    if (url === "") return causeOf(parents.get(node.id))
    return CAUSES.find(([, pattern]) => pattern.test(url))![0]
  }
  const causes: Causes = {}
  const known = new Map(nodes.map(({ id }) => [id, causeOf(id) ?? "rest of Node"]))
  samples.forEach((id, index) => {
    const cause = known.get(id)!
    causes[cause] = (causes[cause] ?? 0) + (timeDeltas[index] ?? 0) / 1000
  })
  delete causes["idle"]
  return causes
}
