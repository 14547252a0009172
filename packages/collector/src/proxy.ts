import { SettingError, type Environment } from "./settings.ts"

/** The environment variables that Node's agents read. */
export type Proxy = { HTTPS_PROXY?: string; NO_PROXY?: string }

// HTTP_PROXY is ignored: services without TLS are on this machine or in the local network.
/** HTTPS_PROXY and NO_PROXY, in upper or lower case. Throws a SettingError if the proxy is not a URL. */
export function readProxy(environment: Environment): Proxy {
  const proxy = environment["https_proxy"] || environment["HTTPS_PROXY"]
  if (!proxy) return {}
  if (!/^https?:$/.test(urlOf(proxy)?.protocol ?? "")) {
    throw new SettingError("HTTPS_PROXY must be a URL, such as http://proxy.example.com:3128")
  }
  const except = environment["no_proxy"] || environment["NO_PROXY"]
  return { HTTPS_PROXY: proxy, ...(except && { NO_PROXY: except }) }
}

/** The proxy's origin, without the credentials that its URL may contain; null without a proxy. */
export const proxyOrigin = ({ HTTPS_PROXY }: Proxy): string | null =>
  (HTTPS_PROXY && urlOf(HTTPS_PROXY)?.origin) || null

const urlOf = (text: string) => (URL.canParse(text) ? new URL(text) : undefined)
