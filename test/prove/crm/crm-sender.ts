import type { Answered, Asked } from "@ringback/local/demo-crm/asked"
import type { AskRequest, Sender } from "@ringback/webhooks/send"
import type { Chance } from "../chance.ts"
import { current } from "../invocation.ts"
import { addTo, type Tally } from "../tally.ts"

type Options = {
  answer: (asked: Asked) => Answered
  expire: () => void
  chance: Chance
  /** Whether anything goes wrong now. */
  isRough: () => boolean
  faults: Tally
}

/** From where on what happens to a request; the rest arrives, and its answer too. */
const FATES = [
  [0.06, "request lost"],
  [0.12, "answer lost"],
  [0.15, "429"],
  [0.18, "500 before it was done"],
  [0.21, "500 after it was done"],
  [0.25, "token ended"],
] as const

/** Requests to a stand-in that stay in this process; each is an await at which a worker may die, before or after it. */
export function crmSender({
  answer,
  expire,
  chance,
  isRough,
  faults,
}: Options): Pick<Sender, "send" | "ask"> {
  let count = 0
  async function ask(request: AskRequest) {
    const at = chance.of("request", ++count)
    const [, fate] = isRough() ? (FATES.find(([until]) => at < until) ?? []) : []
    if (fate) addTo(faults, fate)
    if (fate === "request lost") return { error: "injected: no connection", durationMs: 1 }
    if (fate === "429") return shown({ status: 429, body: {} })
    if (fate === "500 before it was done") return shown({ status: 500, body: {} })
    if (fate === "token ended") expire()
    const answered = answer(askedOf(request))
    if (fate === "answer lost") return { error: "injected: no answer", durationMs: 1 }
    return shown(fate === "500 after it was done" ? { status: 500, body: {} } : answered)
  }
  return {
    ask(request) {
      const invocation = current()
      return invocation ? invocation.step(() => ask(request)) : ask(request)
    },
    send: () => Promise.reject(new Error("a connector posts no webhooks")),
  }
}

function askedOf({ method, url, headers, body }: AskRequest): Asked {
  const { pathname, searchParams } = new URL(url)
  const isForm = headers["content-type"]?.includes("form") ?? false
  const read = isForm
    ? Object.fromEntries(new URLSearchParams(body ?? ""))
    : (JSON.parse(body ?? "null") as unknown)
  return { method, path: pathname, query: searchParams, headers, body: read }
}

const shown = ({ status, headers = {}, body }: Answered) => ({
  statusCode: status,
  headers,
  body: body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body),
  durationMs: 1,
})
