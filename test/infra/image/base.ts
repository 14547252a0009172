import { execFileSync } from "node:child_process"
import { cpSync, existsSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"

// No registry of images is reached here, so a stand-in for the base is put together from this machine: Node 24, npm, a
// shell and what a Dockerfile's RUN lines call. What the real base has besides is not tried.
const commands = [
  "sh",
  "mkdir",
  "chown",
  "chmod",
  "cp",
  "mv",
  "rm",
  "ln",
  "ls",
  "cat",
  "id",
  "env",
  "find",
  "test",
  "touch",
]

const certificates = "/etc/ssl/certs/ca-certificates.crt"

export const baseEnvironment = [
  "PATH=/usr/local/bin:/usr/bin:/bin",
  // Whom this machine trusts, who may be more than Node itself does: npm reaches its registry through them.
  `NODE_EXTRA_CA_CERTS=${certificates}`,
]

const find = (command: string) =>
  ["/usr/bin", "/bin"].map((folder) => join(folder, command)).find((path) => existsSync(path))

const librariesOf = (binary: string) => {
  const printed = execFileSync("ldd", [binary], { encoding: "utf8" })
  return [...printed.matchAll(/(\/\S+) \(0x/g)].map(([, path = ""]) => path)
}

// To the same path, past links: /lib is one to usr/lib.
const copy = (root: string, path: string) => {
  const to = join(root, realpathSync(dirname(path)), path.split("/").at(-1) ?? "")
  if (existsSync(to)) return
  mkdirSync(dirname(to), { recursive: true })
  cpSync(path, to, { dereference: true, recursive: true })
}

/** Fills a folder with a root file system that can run Node, npm and a shell; its user 1000 is `node`. */
export const makeBaseRoot = (root: string) => {
  for (const folder of [
    "usr/bin",
    "usr/lib",
    "usr/lib64",
    "usr/sbin",
    "usr/local/bin",
    "etc",
    "tmp",
    "root",
    "home/node",
    "var",
    "proc",
    "dev",
  ]) {
    mkdirSync(join(root, folder), { recursive: true })
  }
  for (const link of ["bin", "lib", "lib64", "sbin"]) symlinkSync(`usr/${link}`, join(root, link))
  const binaries = [process.execPath, ...commands.flatMap((command) => find(command) ?? [])]
  for (const binary of binaries) {
    for (const library of librariesOf(binary)) copy(root, library)
    if (binary !== process.execPath) copy(root, binary)
  }
  cpSync(process.execPath, join(root, "usr/local/bin/node"))

  const npm = dirname(
    dirname(realpathSync(execFileSync("which", ["npm"], { encoding: "utf8" }).trim())),
  )
  cpSync(npm, join(root, "usr/local/lib/node_modules/npm"), { recursive: true })
  for (const name of ["npm", "npx"]) {
    symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, join(root, "usr/local/bin", name))
  }
  for (const file of [certificates, "/etc/nsswitch.conf"]) {
    if (existsSync(file)) copy(root, file)
  }
  writeFileSync(
    join(root, "etc/passwd"),
    "root:x:0:0::/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n",
  )
  writeFileSync(join(root, "etc/group"), "root:x:0:\nnode:x:1000:\n")
  return resolve(root)
}
