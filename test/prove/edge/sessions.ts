import type { AmiServerSession } from "./ami-server.ts"
import type { Host } from "./globals.ts"
import type { Connection } from "./wire.ts"

/** Who is connected to the PBX, and logged in. */
export class Sessions {
  #sessions = new Map<AmiServerSession, Host>()
  #connections = new Map<Connection, Host>()

  connected(connection: Connection, host: Host): void {
    this.#connections.set(connection, host)
  }

  opened(session: AmiServerSession, host: Host): void {
    this.#sessions.set(session, host)
  }

  ended(session: AmiServerSession): void {
    this.#sessions.delete(session)
    this.#connections.delete(session.connection)
  }

  get loggedIn(): AmiServerSession[] {
    return [...this.#sessions.keys()].filter(({ isLoggedIn }) => isLoggedIn)
  }

  isLoggedIn(host: Host): boolean {
    return this.loggedIn.some((session) => this.#sessions.get(session) === host)
  }

  /** The PBX is gone. */
  closeAll(isReset: boolean): void {
    for (const connection of this.#connections.keys()) connection.closeByServer(isReset)
    this.#connections.clear()
    this.#sessions.clear()
  }

  /** Breaks all that this host has open. */
  cut(host: Host): void {
    for (const [session, of] of this.#sessions) if (of === host) session.connection.cut()
  }

  /** The process at the other end is gone. */
  leave(host: Host): void {
    for (const [connection, of] of this.#connections) {
      if (of !== host) continue
      connection.closeByClient()
      this.#connections.delete(connection)
    }
    for (const [session, of] of this.#sessions) if (of === host) this.#sessions.delete(session)
  }
}
