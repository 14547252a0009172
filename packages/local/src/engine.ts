export type Engine = {
  url: string
  /** The URL at which this process reaches the engine itself, if it is not `url`. */
  directUrl?: string
  close: () => Promise<void>
}

export type EngineOptions = {
  /** Absent: in memory. */
  dataDir?: string | undefined
  /** 0: any free one. */
  port?: number | undefined
  /** Called with the exit code or signal of an engine's process that ended by itself. */
  onEnded?: ((how: string) => void) | undefined
}
