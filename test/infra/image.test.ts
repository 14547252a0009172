import assert from "node:assert/strict"
import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statfsSync,
} from "node:fs"
import type { Readable } from "node:stream"
import { json } from "node:stream/consumers"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { after, before, describe, test } from "node:test"
import { IngestQueue } from "../harness/collector.ts"
import { Pbx } from "../harness/pbx.ts"
import { until } from "../harness/until.ts"
import { baseEnvironment, makeBaseRoot } from "./image/base.ts"
import { basesOf, has, makeBuildah } from "./image/buildah.ts"
import { root } from "./offline/paths.ts"

const missing = ["buildah", "bwrap"].filter((command) => !has(command))
const skip =
  missing.length > 0 && `SKIPPED: ${missing.join(" and ")} not installed, so no image was built`

const dockerfile = resolve(root, "packages/collector/Dockerfile")
const UID = 1000
const NEEDED_BYTES = 4e9
const MAX_ADDED_MEGABYTES = 60

type Config = {
  Env?: string[]
  Entrypoint?: string[]
  Cmd?: string[]
  User?: string
  WorkingDir?: string
  Healthcheck?: { Test: string[] }
  Volumes?: Record<string, object>
}

describe("the collector's image", { skip }, () => {
  let folder: string
  let config: Config
  let rootfs: string
  let buildah: ReturnType<typeof makeBuildah>

  before(() => {
    // A store of this kind copies whole file systems: in memory where there is some.
    const inMemory = existsSync("/dev/shm") && statfsSync("/dev/shm")
    const isRoomy = inMemory && inMemory.bavail * inMemory.bsize > NEEDED_BYTES
    folder = mkdtempSync(join(isRoomy ? "/dev/shm" : tmpdir(), "ringback-image-"))
    buildah = makeBuildah(folder)
    const base = buildah("from", "scratch")
    buildah("copy", base, makeBaseRoot(join(folder, "base")), "/")
    for (const pair of baseEnvironment) buildah("config", "--env", pair, base)
    for (const name of basesOf(readFileSync(dockerfile, "utf8"))) buildah("commit", base, name)
    const isolation = ["--isolation", "chroot", "--network", "host"]
    const build = [...isolation, "--pull-never", "--format", "docker"]
    const ignore = ["--ignorefile", `${dockerfile}.dockerignore`]
    buildah("bud", ...build, ...ignore, "-f", dockerfile, "-t", "collector", root)
    const { Docker, OCIv1 } = JSON.parse(buildah("inspect", "--type", "image", "collector"))
    config = Docker?.config ?? OCIv1?.config
    rootfs = buildah("mount", buildah("from", "--pull-never", "collector"))
  })
  after(() => {
    buildah("rm", "--all")
    rmSync(folder, { recursive: true, force: true })
  })

  test("is for a user without rights, with its spool on a volume, and says whether it is healthy", () => {
    assert.match(config.User ?? "", /^(node|1000)(:|$)/)
    assert.equal(Object.keys(config.Volumes ?? {}).length, 1)
    assert.ok(config.Healthcheck?.Test.length)
  })

  test("is small", (t) => {
    const megabytes = (path: string) =>
      Number(execFileSync("du", ["-sm", path], { encoding: "utf8" }).split("\t")[0])
    const added = megabytes(rootfs) - megabytes(join(folder, "base"))
    t.diagnostic(`it adds ${added} MB to its base`)
    assert.ok(added < MAX_ADDED_MEGABYTES)
  })

  test("forwards a recording, without root and on a read-only root, and ends on SIGTERM", async (t) => {
    const [pbx, queue] = await Promise.all([Pbx.start(), IngestQueue.start()])
    t.after(() => Promise.all([pbx.close(), queue.close()]))
    const collector = await startContainer(rootfs, config, folder, {
      AMI_HOST: pbx.target.host,
      AMI_PORT: String(pbx.target.port),
      AMI_USERNAME: pbx.target.username,
      AMI_SECRET: pbx.target.secret,
      RINGBACK_SOURCE_TOKEN: queue.token.text,
      RINGBACK_INGEST_QUEUE_URL: queue.url,
      RINGBACK_HEALTH_PORT: "0",
      AWS_ENDPOINT_URL_SQS: queue.endpoint,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "local",
      AWS_SECRET_ACCESS_KEY: "local",
    })
    t.after(() => collector.end())
    await until(() => pbx.sessionCount > 0, { seconds: 60, what: "the collector's login" })
    const capture = readFileSync(resolve(root, "test/fixtures/captures/30-dialing.bin"))
    pbx.say(capture.subarray(capture.indexOf("\r\n") + 2))
    const events = capture.toString().match(/^Event: Out\w+(Create|Update|Delete)\r$/gm) ?? []
    await until(async () => (await queue.read()).events.length >= events.length, {
      seconds: 60,
      what: "every event of the recording",
    })
    collector.terminate()
    assert.equal(await collector.exitCode, 0)
  })
})

/** As a container engine would: its own root, read only but for the spool and /tmp; user 1000, who has no rights. */
const startContainer = async (
  rootfs: string,
  { Env = [], Entrypoint = [], Cmd = [], WorkingDir = "/", Volumes = {} }: Config,
  folder: string,
  environment: Record<string, string>,
) => {
  const spool = join(folder, "spool")
  mkdirSync(spool)
  if (process.getuid?.() === 0) chownSync(spool, UID, UID)
  const [volume = "/spool"] = Object.keys(Volumes)
  const ofImage = Env.map((pair) => /^([^=]*)=(.*)$/s.exec(pair)?.slice(1) ?? [])
  const box = ["--ro-bind", rootfs, "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp"]
  const user = ["--unshare-user", "--uid", String(UID), "--gid", String(UID), "--cap-drop", "ALL"]
  const rest = ["--unshare-pid", "--as-pid-1", "--die-with-parent", "--info-fd", "3"]
  const args = [...box, ...user, ...rest, "--bind", spool, volume, "--chdir", WorkingDir]
  const bwrap = spawn("bwrap", [...args, ...Entrypoint, ...Cmd], {
    env: { ...Object.fromEntries(ofImage), ...environment },
    stdio: ["ignore", "ignore", "inherit", "pipe"],
  })
  const exitCode = once(bwrap, "exit").then(([code]) => code)
  // Signals are for the process in the box, as an engine sends them; bwrap itself would just die of them.
  const info = (await json(bwrap.stdio[3] as Readable)) as { "child-pid": number }
  return {
    exitCode,
    terminate: () => process.kill(info["child-pid"], "SIGTERM"),
    end: () => bwrap.kill("SIGKILL"),
  }
}
