import type { AddressInfo, Server } from "node:net"

export const HOST = "127.0.0.1"

/** The URL of an HTTP server that listens on HOST. */
export const urlOf = (server: Server): string =>
  `http://${HOST}:${(server.address() as AddressInfo).port}`
