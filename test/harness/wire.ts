import { once } from "node:events"
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net"
import { Transform } from "node:stream"
import { setImmediate as turn } from "node:timers/promises"
import type { Pbx } from "./pbx.ts"

/** A way to a PBX on which all can go wrong that goes wrong on networks, while the PBX and other ways to it live on. */
export class Wire {
  /** Every byte that the PBX says is a packet by itself. */
  isTrickling = false
  /** Nothing that the PBX says passes; it is kept. */
  isStalled = false
  #pbx: Pbx
  #server: Server | undefined
  #port = 0
  #ends = new Set<Socket>()
  // Bytes that still pass before all breaks.
  #allowance = Infinity

  static async start(pbx: Pbx): Promise<Wire> {
    const wire = new Wire(pbx)
    await wire.up()
    return wire
  }

  private constructor(pbx: Pbx) {
    this.#pbx = pbx
  }

  /** The PBX as seen through it. */
  get target(): Pbx["target"] {
    return { ...this.#pbx.target, port: this.#port }
  }

  /** Breaks what is connected, now or when so many bytes more have come from the PBX: then in the middle of a message. */
  cut(afterBytes = 0): void {
    this.#allowance = Infinity
    if (afterBytes > 0) this.#allowance = afterBytes
    else for (const socket of this.#ends) socket.resetAndDestroy()
  }

  /** Breaks what is connected, and takes no more. */
  async down(): Promise<void> {
    if (!this.#server?.listening) return
    const closed = once(this.#server, "close")
    this.#server.close()
    this.cut()
    await closed
  }

  async up(): Promise<void> {
    this.#server = createServer((near) => {
      const far = connect(this.#pbx.target.port, this.#pbx.target.host)
      for (const [end, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#ends.add(end.setNoDelay(true))
        end.on("error", () => {}).on("close", () => (this.#ends.delete(end), other.destroy()))
      }
      near.pipe(far)
      far.pipe(this.#pacer()).pipe(near)
    })
    await once(this.#server.listen(this.#port, "127.0.0.1"), "listening")
    this.#port = (this.#server.address() as AddressInfo).port
  }

  #pacer(): Transform {
    const pass = this.#pass.bind(this)
    return new Transform({
      transform(chunk: Buffer, _, done) {
        void pass(chunk, (bytes) => this.push(bytes)).then(() => done())
      },
    })
  }

  async #pass(chunk: Buffer, push: (bytes: Buffer) => void): Promise<void> {
    while (this.isStalled) await turn()
    const passing = chunk.subarray(0, Math.min(chunk.length, this.#allowance))
    this.#allowance -= passing.length
    const size = this.isTrickling ? 1 : passing.length
    for (let at = 0; at < passing.length; at += size) {
      push(passing.subarray(at, at + size))
      if (this.isTrickling) await turn()
    }
    // What was passed on just now shall still be written.
    if (this.#allowance <= 0) setImmediate(() => this.cut())
  }
}
