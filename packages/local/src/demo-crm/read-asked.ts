import type { IncomingMessage } from "node:http"
import { text } from "node:stream/consumers"
import type { Asked } from "./asked.ts"

/** Reads a request from HTTP. Throws if its body is not JSON. */
export async function readAsked(request: IncomingMessage): Promise<Asked> {
  const url = new URL(request.url ?? "/", "http://crm")
  const body = await text(request)
  const isForm = request.headers["content-type"]?.startsWith("application/x-www-form-urlencoded")
  const parse = isForm
    ? (form: string) => Object.fromEntries(new URLSearchParams(form))
    : (json: string) => JSON.parse(json) as unknown
  return {
    method: request.method ?? "GET",
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers as Record<string, string>,
    body: body === "" ? null : parse(body),
  }
}
