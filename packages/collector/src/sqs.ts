import { Agent } from "node:https"
import { SQSClient } from "@aws-sdk/client-sqs"
import { readProxy } from "./proxy.ts"
import type { Environment } from "./settings.ts"

const CONNECT_MS = 5_000
const ANSWER_MS = 20_000

const MAX_SOCKETS = 50

/**
 * An SQS client that uses HTTPS_PROXY if set. The host is AWS_ENDPOINT_URL_SQS or AWS's regional
 * endpoint. Outside AWS it is the queue URL's host.
 */
export function makeSqs(region: string, queueUrl: string, environment: Environment): SQSClient {
  const { origin, hostname } = new URL(queueUrl)
  const named = environment["AWS_ENDPOINT_URL_SQS"] || environment["AWS_ENDPOINT_URL"]
  // A queue outside AWS has no other address than its URL.
  const endpoint =
    named || (/\.(amazonaws\.com(\.cn)?|api\.aws)$/.test(hostname) ? undefined : origin)
  const isLocal = endpoint !== undefined && isLoopback(new URL(endpoint).hostname)
  const credentials = { accessKeyId: "local", secretAccessKey: "local" }
  return new SQSClient({
    region,
    useQueueUrlAsEndpoint: false,
    // The SDK computes each body's MD5 in JavaScript, which takes half of the CPU time of a full
    // batch.
    md5: false,
    // The sender retries by itself, and only the failed entries.
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      requestTimeout: ANSWER_MS,
      throwOnRequestTimeout: true,
      httpsAgent: new Agent({
        keepAlive: true,
        maxSockets: MAX_SOCKETS,
        proxyEnv: readProxy(environment),
      }),
    },
    ...(endpoint && { endpoint }),
    ...(isLocal && !environment["AWS_ACCESS_KEY_ID"] && { credentials }),
  })
}

const isLoopback = (host: string) => /^(127\.[\d.]+|localhost|\[::1\]|.*\.localhost)$/.test(host)
