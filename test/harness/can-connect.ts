import { connect } from "node:net"

/** Whether anything listens there, at the port of that URL. */
export const canConnect = (host: string, url: string) =>
  new Promise<boolean>((resolve) => {
    const socket = connect({ host, port: Number(new URL(url).port) })
    socket.once("connect", () => {
      socket.destroy()
      resolve(true)
    })
    socket.once("error", () => resolve(false))
  })
