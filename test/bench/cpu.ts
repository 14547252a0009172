import { readFileSync } from "node:fs"

// Linux counts in hundredths of a second, whatever its own clock's rate.
const TICK_MS = 10

/** CPU ms of this process's children and theirs, as long as they live. 0 where there is no /proc. */
export function cpuOfChildren(pid = process.pid): number {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim()
    const pids = children === "" ? [] : children.split(" ").map(Number)
    return pids.reduce((sum, child) => sum + cpuOf(child) + cpuOfChildren(child), 0)
  } catch {
    return 0
  }
}

function cpuOf(pid: number): number {
  // Behind the program's name, which may hold spaces: the state is the first field.
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)!.split(" ")
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS
}
