export type Engine = {
  url: string
  /** Where the engine itself is reached by this process, if not at `url`. */
  directUrl?: string
  close: () => Promise<void>
}

export type EngineOptions = {
  /** Absent: in memory. */
  dataDir?: string | undefined
  /** 0: any free one. */
  port?: number | undefined
  /** Told the exit code or signal of an engine's process that ended by itself. */
  onEnded?: ((how: string) => void) | undefined
}
