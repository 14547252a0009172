import { DatabaseSync, type StatementSync } from "node:sqlite"
import type { SimProcess } from "./simulation.ts"

const SYNC_MS = 3

/** What a host's disk holds: it outlives the processes on it. In memory, so that thousands of histories are quick. */
export class Disk {
  isFull = false
  readonly #content = new Map<string, Buffer>()
  readonly #databases = new Map<string, DatabaseSync>()
  readonly #current: () => SimProcess | undefined

  /** `current`: whose call it is, whose time it takes. */
  constructor(current: () => SimProcess | undefined) {
    this.#current = current
  }

  /** What the collector uses of `node:fs`: its folder is always there. */
  readonly folders = {
    mkdirSync: () => undefined,
    chmodSync: () => undefined,
    accessSync: () => undefined,
    rmSync: (path: string) => void this.#content.delete(path),
    openSync: () => 0,
    fchmodSync: () => undefined,
    closeSync: () => undefined,
  }

  /** What it uses of `node:fs/promises`. */
  readonly files = {
    open: (path: string, flags?: number | string) => this.#open(path, flags),
    readdir: async () =>
      [...this.#content.keys()].map((path) => path.slice(1 + path.lastIndexOf("/"))),
    stat: async (path: string) => ({ size: this.#read(path).length }),
    unlink: async (path: string) => void this.#content.delete(path),
    mkdir: async () => undefined,
    chmod: async () => undefined,
  }

  openDatabase(path: string): DatabaseSync {
    // The lock goes with its process.
    const kept = path.endsWith("/lock") ? undefined : this.#databases.get(path)
    const database = kept ?? new DatabaseSync(":memory:")
    this.#databases.set(path, database)
    const isFull = () => this.isFull
    return new Proxy(database, {
      get(_, name) {
        if (name === "close") return () => {}
        if (name === "prepare") return (sql: string) => guarded(database.prepare(sql), isFull)
        const value = database[name as keyof DatabaseSync]
        return typeof value === "function" ? value.bind(database) : value
      },
    })
  }

  close(): void {
    for (const database of this.#databases.values()) database.close()
  }

  #read(path: string): Buffer {
    const content = this.#content.get(path)
    if (!content) throw Object.assign(new Error(`ENOENT: ${path}`), { code: "ENOENT" })
    return content
  }

  async #open(path: string, flags: number | string = "r") {
    const isFolder = !/\.\w+$/.test(path)
    if (!isFolder && flags !== "r" && (flags === "w" || !this.#content.has(path))) {
      this.#refuseWhenFull()
      this.#content.set(path, Buffer.alloc(0))
    }
    if (!isFolder) this.#read(path)
    const sync = async () => this.#pass(SYNC_MS)
    return {
      write: async (piece: Buffer, from: number, length: number, at: number) => {
        this.#refuseWhenFull()
        const was = this.#read(path)
        const grown = Buffer.alloc(Math.max(was.length, at + length))
        was.copy(grown)
        piece.copy(grown, at, from, from + length)
        this.#content.set(path, grown)
        return { bytesWritten: length }
      },
      read: async (into: Buffer, from: number, length: number, at: number) => ({
        bytesRead: this.#read(path).copy(into, from, at, at + length),
      }),
      truncate: async (size: number) =>
        void this.#content.set(path, Buffer.from(this.#read(path).subarray(0, size))),
      stat: async () => ({ size: this.#read(path).length }),
      chmod: async () => undefined,
      datasync: sync,
      sync,
      close: async () => undefined,
    }
  }

  #pass(ms: number): Promise<void> {
    return new Promise((resolve) => this.#current()!.schedule(ms, resolve, "io"))
  }

  #refuseWhenFull(): void {
    if (this.isFull)
      throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" })
  }
}

function guarded(statement: StatementSync, isFull: () => boolean): StatementSync {
  return new Proxy(statement, {
    get(_, name) {
      if (name === "run" && isFull())
        return () => {
          throw Object.assign(new Error("database or disk is full"), { errcode: 13 })
        }
      const value = statement[name as keyof StatementSync]
      return typeof value === "function" ? value.bind(statement) : value
    },
  })
}
