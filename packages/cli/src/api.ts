import { randomUUID } from "node:crypto"
import * as v from "valibot"
import { pageOf, readAnswer, readProblem } from "./answer.ts"
import { Failure } from "./failure.ts"
import { Refusal } from "./refusal.ts"
import type { Settings } from "./settings.ts"

export type Query = Record<string, string | string[] | undefined>

type Schema = v.GenericSchema
type Read<Answer extends Schema> = Promise<v.InferOutput<Answer>>

/**
 * The admin API. Throws a Failure if the API refuses a request, is unreachable, or answers in
 * another form than the schema's.
 */
export type Api = {
  get: <Answer extends Schema>(answer: Answer, path: string, query?: Query) => Read<Answer>
  post: <Answer extends Schema>(answer: Answer, path: string, body?: object) => Read<Answer>
  patch: <Answer extends Schema>(answer: Answer, path: string, body: object) => Read<Answer>
  delete: (path: string) => Promise<void>
  /** All items of a list, page by page. */
  all: <Item extends Schema>(
    item: Item,
    path: string,
    query?: Query,
  ) => Promise<v.InferOutput<Item>[]>
  /** The API's clock at its last answer, in epoch ms. */
  lastDate: () => number
}

const TIMEOUT_MS = 30_000

export function openApi({ url, key, isLocal }: Settings): Api {
  let lastDate = Date.now()

  async function call(method: string, path: string, body?: object): Promise<string> {
    const request: RequestInit = {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body && { "content-type": "application/json" }),
        // So that a request whose answer was lost can be repeated without a second effect.
        ...(method === "POST" && { "idempotency-key": randomUUID() }),
      },
      ...(body && { body: JSON.stringify(body) }),
      redirect: "error",
    }
    const { response, text } = await send(`${url}/v1${path}`, request).catch((error: unknown) => {
      throw new Failure(unreachable(url, isLocal, error))
    })
    lastDate = Date.parse(response.headers.get("date") ?? "") || Date.now()
    if (!response.ok) throw new Refusal(response.status, readProblem(text), url)
    return text
  }

  const get: Api["get"] = async (answer, path, query = {}) =>
    readAnswer(answer, await call("GET", `${path}${searchOf(query)}`), url)
  return {
    get,
    post: async (answer, path, body = {}) =>
      readAnswer(answer, await call("POST", path, body), url),
    patch: async (answer, path, body) => readAnswer(answer, await call("PATCH", path, body), url),
    delete: async (path) => void (await call("DELETE", path)),
    async all<Item extends Schema>(item: Item, path: string, query: Query = {}) {
      const items: v.InferOutput<Item>[] = []
      let cursor: string | undefined
      do {
        const page = await get(pageOf(item), path, { limit: "250", ...query, cursor })
        items.push(...page.data)
        cursor = page.nextCursor ?? undefined
      } while (cursor)
      return items
    },
    lastDate: () => lastDate,
  }
}

/** Retries once after a broken connection, if that is safe. */
async function send(url: string, request: RequestInit) {
  const once = async () => {
    const response = await fetch(url, { ...request, signal: AbortSignal.timeout(TIMEOUT_MS) })
    return { response, text: await response.text() }
  }
  return once().catch((error: unknown) => {
    if (request.method === "DELETE" || !BROKEN.includes(causeOf(error)?.code ?? "")) throw error
    return once()
  })
}

const BROKEN = ["UND_ERR_SOCKET", "ECONNRESET", "EPIPE"]

const causeOf = (error: unknown) => (error as Error).cause as NodeJS.ErrnoException | undefined

function searchOf(query: Query): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((one): [string, string] => [name, one]),
  )
  return pairs.length > 0 ? `?${new URLSearchParams(pairs).toString()}` : ""
}

function unreachable(url: string, isLocal: boolean, error: unknown): string {
  const cause = causeOf(error)
  const reason = cause?.code ?? cause?.message ?? (error as Error).name
  const hint = isLocal ? "Is `npm start` running?" : "Is RINGBACK_URL right?"
  return `${url} cannot be reached (${reason}). ${hint}`
}
