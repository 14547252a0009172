import { execFileSync } from "node:child_process"

/** The ids of the processes whose command line has both in it. */
export function processesWith(dataDir: string, part = ""): number[] {
  const lines = execFileSync("ps", ["-ww", "-eo", "pid=,args="], { encoding: "utf8" }).split("\n")
  const found = lines.filter((line) => line.includes(dataDir) && line.includes(part))
  return found.map((line) => parseInt(line.trim(), 10))
}
