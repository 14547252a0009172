/** A small client of the admin API, with the operator's key: what is made at start is made as anybody would. */
export type Admin = {
  /** The answer's body, or undefined where there is no such thing. Throws on anything else that went wrong. */
  call: <T>(method: string, path: string, body?: unknown) => Promise<T | undefined>
}

export function makeAdmin(apiUrl: string, operatorKey: string): Admin {
  return {
    async call<T>(method: string, path: string, body?: unknown) {
      const response = await fetch(`${apiUrl}/v1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${operatorKey}`,
          ...(body !== undefined && { "content-type": "application/json" }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      if (response.status === 404) return undefined
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
      return (text === "" ? undefined : JSON.parse(text)) as T
    },
  }
}
