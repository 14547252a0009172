declare module "dynalite" {
  import type { Server } from "node:http"

  /** `path`: where LevelDB keeps its files; absent: in memory. */
  export default function dynalite(options: { path?: string; createTableMs?: number }): Server
}
