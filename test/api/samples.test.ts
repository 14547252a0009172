import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { after, before, test } from "node:test"
import { promisify } from "node:util"
import { languages, sampleOf, variableOf } from "@ringback/functions/api/docs-code"
import { operations } from "./conformance.ts"

// Every sample of the docs is run, and what it asks is held to the operation that it stands for. Whether the API takes those
// requests is seen to by its own tests of each operation, which send the document's examples too.

const run = promisify(execFile)
const dir = mkdtempSync(join(tmpdir(), "ringback-samples-"))
const KEY = "rbk_key-of-the-samples"

type Heard = { method: string; path: string; key: string | undefined; body: unknown }
let heard: Heard[] = []
const server = createServer(async (request, response) => {
  const said = await text(request)
  const { method, url, headers } = request
  if (said !== "") assert.equal(headers["content-type"], "application/json")
  const body: unknown = said === "" ? null : JSON.parse(said)
  heard.push({ method: method!, path: url!, key: headers.authorization, body })
  response.end("{}")
})
before(() => once(server.listen(0, "127.0.0.1"), "listening"))
after(() => {
  server.close()
  rmSync(dir, { recursive: true })
})

const idOf = (place: string) => `${place}-1`
const samples = operations.map(({ path, method, operation }) =>
  sampleOf(path, method.toLowerCase(), operation),
)
const expected = samples.map(({ path, method, hasKey, body }) => ({
  method: method.toUpperCase(),
  path: path.replaceAll(/\{(\w+)\}/g, (_, place: string) => idOf(place)),
  key: hasKey ? `Bearer ${KEY}` : undefined,
  body: body ?? null,
}))

function environment(): NodeJS.ProcessEnv {
  const { port } = server.address() as AddressInfo
  const places = samples.flatMap(({ path }) =>
    [...path.matchAll(/\{(\w+)\}/g)].map(([, at]) => at!),
  )
  const ids = Object.fromEntries(places.map((place) => [variableOf(place), idOf(place)]))
  return { ...process.env, ...ids, KEY, RINGBACK: `http://127.0.0.1:${port}` }
}

const hasPython = await run("python3", ["--version"]).then(
  () => true,
  () => false,
)

/** All of them, one after the other, in one process. */
const runners = {
  curl: { extension: "sh", command: ["bash", "-ec"], each: (file: string) => `. "${file}"` },
  typescript: {
    extension: "mts",
    command: [process.execPath, "--input-type=module", "-e"],
    each: (file: string) => `await import(${JSON.stringify(file)})`,
  },
  python: {
    extension: "py",
    command: ["python3", "-c"],
    each: (file: string) => `import runpy; runpy.run_path(${JSON.stringify(file)})`,
  },
} as const

for (const language of ["curl", "typescript", "python"] as const) {
  const skip = language === "python" && !hasPython ? "no Python on this machine" : false
  test(
    `each sample in ${languages[language].title} sends the operation's example`,
    { skip },
    async () => {
      heard = []
      const { extension, command, each } = runners[language]
      const files = samples.map((sample, index) => {
        const file = join(dir, `${index}.${extension}`)
        writeFileSync(file, languages[language].write(sample))
        return file
      })
      const [program, ...args] = command
      await run(program, [...args, files.map(each).join("\n")], {
        env: environment(),
        maxBuffer: 16 * 1024 * 1024,
      })
      assert.ok(heard.length > 50)
      assert.deepEqual(heard, expected)
    },
  )
}

test("a text with quotes, accents and no letters is sent as it is, in each language", async () => {
  const body = {
    text: `it's "Zürich" \\ $HOME \`x\` \${1} 😀`,
    none: null,
    is: [true, false],
    n: 1.5,
  }
  const sample = { path: "/v1/x/{tenantId}", method: "post", hasKey: true, body }
  for (const language of ["curl", "typescript", "python"] as const) {
    if (language === "python" && !hasPython) continue
    heard = []
    const { extension, command, each } = runners[language]
    const file = join(dir, `quotes.${extension}`)
    writeFileSync(file, languages[language].write(sample))
    const [program, ...args] = command
    await run(program, [...args, each(file)], { env: environment() })
    assert.deepEqual(heard[0]?.body, body, language)
  }
})
