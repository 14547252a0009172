/**
 * A small client of the admin API with the operator's key: resources that are created at start are
 * created through the API.
 */
export type Admin = {
  /** The response's body, or undefined if there is no such resource. Throws on any other error. */
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
