import assert from "node:assert/strict"
import { execFileSync, spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { fileURLToPath } from "node:url"
import { Ajv2020 } from "ajv/dist/2020.js"
import { eventTypes, findEventType } from "@ringback/events/documented-event-types"
import { signatureHeaders } from "@ringback/webhooks/sign"
import { generatedFiles } from "../../packages/receiver/generate/files.ts"

const root = fileURLToPath(new URL("../../", import.meta.url))
const folder = join(root, "packages/receiver")
const temporary = mkdtempSync(join(tmpdir(), "ringback-receiver-"))
after(() => rmSync(temporary, { recursive: true }))

test("its types and schemas are the catalog's (else: npm run generate -w packages/receiver)", async () => {
  const files = await generatedFiles()
  for (const [name, text] of files)
    assert.equal(readFileSync(join(folder, name), "utf8"), text, name)
  const schemas = readdirSync(join(folder, "schemas")).map((name) => `schemas/${name}`)
  assert.deepEqual(new Set([...schemas, "src/events.ts"]), new Set(files.keys()))
})

test("each schema takes its type's example, and no other's", () => {
  const ajv = new Ajv2020({ strict: false })
  for (const { type } of eventTypes) {
    const file = join(folder, `schemas/${type}.json`)
    const validate = ajv.compile(JSON.parse(readFileSync(file, "utf8")))
    const valid = eventTypes.filter(({ example }) => validate(example))
    assert.deepEqual(
      valid.map((each) => each.type),
      [type],
    )
  }
})

test("built, it needs the web platform and standardwebhooks alone, and verifies", () => {
  // Its own tsconfig knows no Node types.
  const compiler = join(root, "node_modules/typescript/bin/tsc")
  const built = join(temporary, "dist")
  const compiled = spawnSync(process.execPath, [compiler, "-p", folder, "--outDir", built], {
    encoding: "utf8",
  })
  assert.equal(compiled.status, 0, compiled.stdout)
  assert.deepEqual(readdirSync(built).toSorted(), [
    "events.d.ts",
    "events.js",
    "receiver.d.ts",
    "receiver.js",
  ])
  const text = readFileSync(join(built, "receiver.js"), "utf8")
  const imports = [...text.matchAll(/^(?:import|export) .* from "([^"]+)"/gm)].map(
    (each) => each[1],
  )
  assert.deepEqual(imports, ["standardwebhooks"])
  assert.doesNotMatch(text, /\b(process|Buffer|require)\b/)

  writeFileSync(join(temporary, "package.json"), '{"type":"module"}')
  symlinkSync(join(root, "node_modules"), join(temporary, "node_modules"))
  const secret = `whsec_${Buffer.alloc(32, 1).toString("base64")}`
  const body = JSON.stringify(findEventType("call.completed")!.example)
  const timestampSeconds = Math.floor(Date.now() / 1000)
  const headers = signatureHeaders({ id: "evt_1", timestampSeconds, body, secrets: [secret] })
  const script = `
    import { verify } from "./dist/receiver.js"
    const event = await verify(${JSON.stringify(headers)}, ${JSON.stringify(body)}, "${secret}")
    console.log(event.data.outcome)`
  const run = [process.execPath, ["--input-type=module", "--eval", script]] as const
  assert.equal(execFileSync(...run, { cwd: temporary, encoding: "utf8" }), "answered\n")
})
