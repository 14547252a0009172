import { SettingError, type Environment } from "./settings.ts"

/** What Node's agents read of the environment. */
export type Proxy = { HTTPS_PROXY?: string; NO_PROXY?: string }

// HTTP_PROXY is left out: what is spoken to without TLS stands on this machine or beside it.
/** HTTPS_PROXY and NO_PROXY, in capitals or small letters as elsewhere. Throws a SettingError where it is no URL. */
export function readProxy(environment: Environment): Proxy {
  const proxy = environment["https_proxy"] || environment["HTTPS_PROXY"]
  if (!proxy) return {}
  if (!/^https?:$/.test(urlOf(proxy)?.protocol ?? "")) {
    throw new SettingError("HTTPS_PROXY must be a URL, such as http://proxy.example.com:3128")
  }
  const except = environment["no_proxy"] || environment["NO_PROXY"]
  return { HTTPS_PROXY: proxy, ...(except && { NO_PROXY: except }) }
}

/** Where the proxy is, without the password that its URL may hold; null where there is none. */
export const proxyOrigin = ({ HTTPS_PROXY }: Proxy): string | null =>
  (HTTPS_PROXY && urlOf(HTTPS_PROXY)?.origin) || null

const urlOf = (text: string) => (URL.canParse(text) ? new URL(text) : undefined)
