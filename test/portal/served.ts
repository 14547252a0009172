import { createApi } from "@ringback/functions/api/index"
import { startApi as serve } from "@ringback/local/api-server"
import { startReceiver, type TestReceiver } from "../harness/receiver.ts"
import { startApi, type TestApi } from "../api/api.ts"

export type Served = {
  url: string
  api: TestApi
  receiver: TestReceiver
  close: () => Promise<void>
}

/** The portal on a port of this machine, for browsers, and a receiver to send to. */
export async function servePortal(): Promise<Served> {
  const api = await startApi()
  // Its address is known once it listens, as with npm start.
  let answer = (_: Request): Response | Promise<Response> => new Response(null, { status: 503 })
  const server = await serve((request) => answer(request), 0)
  api.deps.origin = server.url
  answer = createApi(api.deps).fetch
  const receiver = await startReceiver()
  return {
    url: server.url,
    api,
    receiver,
    async close() {
      await server.close()
      await receiver.close()
      await api.close()
    },
  }
}
