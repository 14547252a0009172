/** A request to a stand-in for a CRM. `path` is only decoded as far as URL does. */
export type Asked = {
  method: string
  path: string
  query: URLSearchParams
  headers: Record<string, string | undefined>
  /** JSON, or a form's fields. */
  body: unknown
}

export type Answered = { status: number; headers?: Record<string, string>; body?: unknown }

/** `:name` in a pattern is one segment of the path. */
export type Routes = Record<string, (asked: Asked, params: Record<string, string>) => Answered>

/** The response of the first matching route. Patterns are `METHOD /path/:name`. */
export function route(routes: Routes, asked: Asked): Answered | undefined {
  for (const [pattern, answer] of Object.entries(routes)) {
    const [method = "", path = ""] = pattern.split(" ")
    const wanted = path.split("/")
    const given = asked.path.split("/")
    const fits =
      method === asked.method &&
      wanted.length === given.length &&
      wanted.every((part, index) => part.startsWith(":") || part === given[index])
    if (!fits) continue
    const params = wanted.flatMap((part, index) =>
      part.startsWith(":") ? [[part.slice(1), decodeURIComponent(given[index]!)]] : [],
    )
    return answer(asked, Object.fromEntries(params))
  }
  return undefined
}
