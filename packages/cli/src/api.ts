import { randomUUID } from "node:crypto"
import { Failure } from "./failure.ts"
import type { Settings } from "./settings.ts"

export type Query = Record<string, string | string[] | undefined>

export type Page<Item> = { data: Item[]; nextCursor: string | null }

/** The admin API. What it refuses, and what keeps it from answering, is thrown as a Failure. */
export type Api = {
  get: <Answer>(path: string, query?: Query) => Promise<Answer>
  post: <Answer>(path: string, body?: object) => Promise<Answer>
  delete: (path: string) => Promise<void>
  /** All items of a list, page by page. */
  all: <Item>(path: string, query?: Query) => Promise<Item[]>
  /** The API's clock as of its last answer, epoch ms. */
  lastDate: () => number
}

/** RFC 9457, as far as it is shown. */
type Problem = {
  title?: string
  detail?: string
  code?: string
  errors?: { path: string; message: string }[]
}

/** The API said no. */
export class Refusal extends Failure {
  readonly status: number
  readonly code: string | undefined
  readonly errors: { path: string; message: string }[]

  constructor(status: number, problem: Problem) {
    const what = [problem.title ?? `HTTP ${status}`, problem.detail].filter(Boolean).join(": ")
    const where = (problem.errors ?? []).map(({ path, message }) => `\n  ${path} ${message}`)
    const code = problem.code ? ` (${problem.code})` : ""
    super(`${what}${code}${where.join("")}`, status === 400 ? 2 : 1)
    this.status = status
    this.code = problem.code
    this.errors = problem.errors ?? []
  }
}

const TIMEOUT_MS = 30_000

export function openApi({ url, key, isLocal }: Settings): Api {
  let lastDate = Date.now()

  async function call<Answer>(method: string, path: string, body?: object): Promise<Answer> {
    const request: RequestInit = {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body && { "content-type": "application/json" }),
        // So that one whose answer was lost may be sent again without a second effect.
        ...(method === "POST" && { "idempotency-key": randomUUID() }),
      },
      ...(body && { body: JSON.stringify(body) }),
      redirect: "error",
    }
    const { response, text } = await send(`${url}/v1${path}`, request).catch((error: unknown) => {
      throw new Failure(unreachable(url, isLocal, error))
    })
    lastDate = Date.parse(response.headers.get("date") ?? "") || Date.now()
    if (!response.ok) throw new Refusal(response.status, parseProblem(text))
    return (text === "" ? undefined : parseAnswer(text, url)) as Answer
  }

  const get = <Answer>(path: string, query: Query = {}) =>
    call<Answer>("GET", `${path}${searchOf(query)}`)
  return {
    get,
    post: (path, body = {}) => call("POST", path, body),
    delete: (path) => call("DELETE", path),
    async all<Item>(path: string, query: Query = {}) {
      const items: Item[] = []
      let cursor: string | undefined
      do {
        const page = await get<Page<Item>>(path, { limit: "250", ...query, cursor })
        items.push(...page.data)
        cursor = page.nextCursor ?? undefined
      } while (cursor)
      return items
    },
    lastDate: () => lastDate,
  }
}

/** Once more where a connection breaks, if that cannot do harm. */
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

function parseProblem(text: string): Problem {
  try {
    return (JSON.parse(text) ?? {}) as Problem
  } catch {
    return { detail: text.slice(0, 200) }
  }
}

function parseAnswer(text: string, url: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Failure(`${url} did not answer as Ringback's API does: is the URL right?`)
  }
}

function unreachable(url: string, isLocal: boolean, error: unknown): string {
  const cause = causeOf(error)
  const reason = cause?.code ?? cause?.message ?? (error as Error).name
  const mend = isLocal ? "Is `npm start` running?" : "Is RINGBACK_URL right?"
  return `${url} cannot be reached (${reason}). ${mend}`
}
