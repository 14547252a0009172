import assert from "node:assert/strict"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { posix } from "node:path"
import { test } from "node:test"

const PACKAGES = [
  "ami",
  "events",
  "telemetry",
  "collector",
  "webhooks",
  "connectors",
  "store",
  "local",
  "cli",
  "receiver",
  "functions",
] as const
type Package = (typeof PACKAGES)[number]

/** Which packages a package may import. */
const ALLOWED: Record<Package, readonly Package[]> = {
  ami: [],
  events: [],
  webhooks: [],
  cli: [],
  receiver: [],
  telemetry: ["events"],
  collector: ["ami", "events", "telemetry"],
  store: ["events", "webhooks"],
  connectors: ["events", "webhooks"],
  functions: ["events", "telemetry", "webhooks", "connectors", "store"],
  local: [
    "ami",
    "events",
    "telemetry",
    "collector",
    "webhooks",
    "connectors",
    "store",
    "functions",
  ],
}

const root = new URL("../", import.meta.url)
const folderOf = (one: Package) => (one === "functions" ? "functions" : `packages/${one}/src`)

const filesOf = (folder: string) =>
  readdirSync(new URL(folder, root), { recursive: true, encoding: "utf8" })
    .filter((file) => /(?<!\.d)\.ts$/.test(file) && !file.includes("node_modules"))
    .map((file) => `${folder}/${file}`)

const importsOf = (file: string) =>
  [...readFileSync(new URL(file, root), "utf8").matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(
    (match) => match[1]!,
  )

for (const one of PACKAGES) {
  test(`${one} imports ${ALLOWED[one].join(", ") || "none of the other packages"}`, () => {
    const files = filesOf(folderOf(one))
    assert.ok(files.length > 0)
    for (const file of files) {
      for (const name of importsOf(file)) {
        const known = /^@ringback\/([^/]+)/.exec(name)?.[1] as Package | undefined
        if (known) assert.ok(ALLOWED[one].includes(known), `${file} imports ${name}`)
        // A package imports others only by name; the laptop also reads what the queues are, the API what
        // things cost.
        const depth = file.slice(folderOf(one).length + 1).split("/").length - 1
        const climbs = name.startsWith("../".repeat(depth + 1))
        const isFacts =
          (one === "local" && name.includes("/infra/")) ||
          /^functions\/api\/cost\.ts .*\/infra\/(prices|unit-costs)\.ts$/.test(`${file} ${name}`)
        assert.ok(!climbs || isFacts || name.endsWith("package.json"), `${file} imports ${name}`)
      }
    }
  })
}

test("directories are made by makeDirectory alone: Node's recursive one never ends in /proc", () => {
  const rest = PACKAGES.flatMap((one) => filesOf(folderOf(one)))
  const makers = rest.filter((file) =>
    /\bmkdir(Sync)?\(/.test(readFileSync(new URL(file, root), "utf8")),
  )
  assert.deepEqual(makers, ["packages/collector/src/make-directory.ts"])
})

test("only functions/resources.ts imports sst", () => {
  const importers = PACKAGES.flatMap((one) => filesOf(folderOf(one))).filter((file) =>
    importsOf(file).includes("sst"),
  )
  assert.deepEqual(importers, ["functions/resources.ts"])
})

test("the wire has no dependency, and neither the promise nor a connector does I/O", () => {
  for (const file of filesOf("packages/ami/src")) {
    for (const name of importsOf(file)) assert.match(name, /^(node:|\.)/, `${file} imports ${name}`)
  }
  const io = /^node:(fs|net|http|https|tls|dgram|child_process|worker_threads|dns)/
  for (const file of [...filesOf("packages/events/src"), ...filesOf("packages/connectors/src")]) {
    for (const name of importsOf(file)) assert.doesNotMatch(name, io, `${file} imports ${name}`)
  }
})

test("a receiver installs standardwebhooks and nothing else", () => {
  const { dependencies } = JSON.parse(
    readFileSync(new URL("packages/receiver/package.json", root), "utf8"),
  ) as { dependencies: object }
  assert.deepEqual(Object.keys(dependencies), ["standardwebhooks"])
  for (const file of filesOf("packages/receiver/src")) {
    for (const name of importsOf(file)) assert.match(name, /^(standardwebhooks$|\.\/)/, file)
  }
})

/** The file of ours that an import names; undefined for what others made. */
function fileOf(importer: string, name: string): string | undefined {
  if (name.startsWith(".")) return posix.join(posix.dirname(importer), name)
  const [, one, path] = /^@ringback\/([^/]+)\/(.+)$/.exec(name) ?? []
  return one && `${folderOf(one as Package)}/${path}.ts`
}

test("no file imports itself by way of others, type imports counted", () => {
  const imports = new Map(
    PACKAGES.flatMap((one) => filesOf(folderOf(one))).map((file) => [
      file,
      importsOf(file).flatMap((name) => fileOf(file, name) ?? []),
    ]),
  )
  // A file is settled once all that it imports is: what never settles lies on a circle, or imports one.
  const open = new Map(imports)
  for (let left = Infinity; open.size < left;) {
    left = open.size
    for (const [file, names] of open) {
      if (!names.some((name) => open.has(name))) open.delete(file)
    }
  }
  assert.deepEqual([...open.keys()], [])
})

/** What is loaded with a file: neither types, nor what it imports when it needs it. */
function loadedWith(start: string): Set<string> {
  const loaded = new Set<string>()
  const open = [start]
  const atLoad = /^(?:import|export)\s+(?!type\b)(?:[^"';()]*?\sfrom\s+)?"([^"]+)"/gm
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (loaded.has(file)) continue
    loaded.add(file)
    if (!file.endsWith(".ts")) continue
    const names = [...readFileSync(new URL(file, root), "utf8").matchAll(atLoad)]
    open.push(...names.map(([, name]) => fileOf(file, name!) ?? name!))
  }
  return loaded
}

test("a worker loads connectors, phone numbers, JSONata and RE2 when an endpoint needs them", () => {
  const costly =
    /^packages\/connectors\/|\/(sandbox|linear-regexp)\.ts$|^(jsonata|re2js|libphonenumber-js)\b/
  for (const worker of ["ingest", "deliver", "release", "jobs"]) {
    const loaded = [...loadedWith(`functions/${worker}.ts`)]
    assert.ok(loaded.includes("packages/store/src/table.ts"), worker)
    const found = loaded.filter((file) => costly.test(file))
    assert.deepEqual(found, [], worker)
  }
  assert.ok(loadedWith("functions/deliver.ts").has("functions/endpoint-kinds/send-by-kind.ts"))
  // The same walk sees each of them where it is loaded.
  for (const [file, name] of [
    ["functions/endpoint-kinds/log-call.ts", "packages/connectors/src/hubspot.ts"],
    ["packages/webhooks/src/linear-regexp.ts", "re2js"],
  ] as const)
    assert.ok(loadedWith(file).has(name), name)
  const connectors = [...loadedWith("functions/endpoint-kinds/log-call.ts")]
  assert.ok(connectors.some((file) => file.startsWith("libphonenumber-js")))
  // Its process starts with JSONata; whoever opens the sandbox does not.
  assert.ok(!loadedWith("packages/webhooks/src/sandbox.ts").has("jsonata"))
})

test("no file is over 250 lines", () => {
  const generated = ["packages/receiver/src/events.ts"]
  const files = [...PACKAGES.map(folderOf), "infra", "test"].flatMap(filesOf)
  const lineCount = (file: string) =>
    readFileSync(new URL(file, root), "utf8").split("\n").length - 1
  assert.deepEqual(files.filter((file) => lineCount(file) > 250).sort(), generated)
})

test("CONTRIBUTING names files that are there", () => {
  const text = readFileSync(new URL("CONTRIBUTING.md", root), "utf8")
  const table = text.split("\n").filter((line) => line.startsWith("| "))
  const files = table.flatMap(
    (line) => line.match(/(?:functions|packages|infra)\/[\w/.-]+\.ts/g) ?? [],
  )
  assert.ok(files.length >= 15)
  assert.deepEqual(
    files.filter((file) => !existsSync(new URL(file, root))),
    [],
  )
})
