import { once } from "node:events"
import { connect, createServer, type AddressInfo } from "node:net"

/**
 * A port of 127.0.0.1 on which nothing listens: it refuses connections until a server of ours listens there, and no
 * other program is given it until `release`. A connection to elsewhere that is bound to it keeps it.
 */
export async function holdPort(): Promise<{ port: number; release: () => Promise<void> }> {
  const elsewhere = createServer((socket) => void socket.on("error", () => {}))
  await once(elsewhere.listen(0, "127.0.0.1"), "listening")
  const { port } = elsewhere.address() as AddressInfo
  // With an address of its own it is bound before it connects, in a way that lets a server listen beside it.
  const held = connect({ port, host: "127.0.0.1", localAddress: "127.0.0.1" })
  await once(
    held.on("error", () => {}),
    "connect",
  )
  const release = async () => {
    held.resetAndDestroy()
    elsewhere.close()
    await once(elsewhere, "close")
  }
  return { port: held.localPort!, release }
}
