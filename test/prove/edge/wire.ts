import { EventEmitter } from "node:events"
import type net from "node:net"
import type { SimProcess, Simulation } from "./simulation.ts"

/** The PBX's end of a connection. */
export type ServerEnd = {
  onText: (text: string) => void
  onClose: () => void
}

/** What a collector can reach: whether anything listens, and what takes a connection. */
export type Listener = {
  process: SimProcess
  accept: (connection: Connection) => ServerEnd
}

/** A TCP connection between a collector and the PBX: bytes take a while and keep their order. */
export class Connection {
  readonly client: ClientSocket
  readonly #simulation: Simulation
  readonly #client: SimProcess
  readonly #server: SimProcess
  readonly #latencyMs: number
  #end: ServerEnd | undefined
  #isClosed = false
  #isReset = false

  constructor(simulation: Simulation, client: SimProcess, listener: Listener, latencyMs: number) {
    this.#simulation = simulation
    this.#client = client
    this.#server = listener.process
    this.#latencyMs = latencyMs
    this.client = new ClientSocket(this)
    this.#toClient(() => this.client.emit("connect"))
    this.#toServer(() => (this.#end = listener.accept(this)))
  }

  fromClient(text: string): void {
    this.#toServer(() => this.#end?.onText(text))
  }

  /** What the PBX writes. */
  write(text: string): void {
    this.#toClient(() => this.client.receive(Buffer.from(text)))
  }

  /** Closed by the PBX (its process may be dead): what it wrote still arrives, or all that is under way is lost. */
  closeByServer(isReset: boolean): void {
    if (this.#isClosed) return
    this.#isClosed = true
    const error = isReset ? Object.assign(new Error("reset"), { code: "ECONNRESET" }) : undefined
    if (isReset) this.#isReset = true
    this.#simulation.schedule(this.#latencyMs, () => this.client.hangUp(error), this.#client)
  }

  /** Closed by the collector, or by its host because it died. */
  closeByClient(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#isReset = true
    this.#simulation.schedule(this.#latencyMs, () => this.#end?.onClose(), this.#server)
  }

  /** Something between the two breaks it: both learn of it. */
  cut(): void {
    if (this.#isClosed) return
    this.closeByServer(true)
    this.#simulation.schedule(this.#latencyMs, () => this.#end?.onClose(), this.#server)
  }

  #toClient(run: () => void): void {
    if (this.#isClosed) return
    this.#simulation.schedule(this.#latencyMs, () => this.#isReset || run(), this.#client)
  }

  #toServer(run: () => void): void {
    if (this.#isClosed) return
    this.#simulation.schedule(this.#latencyMs, () => this.#isClosed || run(), this.#server)
  }
}

/** As much of a `net.Socket` as the collector uses. */
export class ClientSocket extends EventEmitter {
  readonly remoteAddress = "192.0.2.1"
  readonly #connection: Connection | undefined
  destroyed = false

  constructor(connection: Connection | undefined) {
    super()
    this.#connection = connection
  }

  setNoDelay(): this {
    return this
  }

  setKeepAlive(): this {
    return this
  }

  write(text: string): boolean {
    if (!this.destroyed) this.#connection?.fromClient(text)
    return true
  }

  destroy(error?: Error): this {
    if (this.destroyed) return this
    this.destroyed = true
    this.#connection?.closeByClient()
    queueMicrotask(() => {
      if (error) this.emit("error", error)
      this.emit("close")
    })
    return this
  }

  receive(bytes: Buffer): void {
    if (!this.destroyed) this.emit("data", bytes)
  }

  hangUp(error?: Error): void {
    if (this.destroyed) return
    this.destroyed = true
    if (error) this.emit("error", error)
    this.emit("close")
  }
}

/** A connection that nothing takes. */
export function refusedSocket(process: SimProcess, latencyMs: number): net.Socket {
  const socket = new ClientSocket(undefined)
  const error = Object.assign(new Error("connect ECONNREFUSED"), {
    code: "ECONNREFUSED",
    syscall: "connect",
  })
  process.schedule(latencyMs, () => socket.hangUp(error), "io")
  return socket as unknown as net.Socket
}
