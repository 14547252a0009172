import { ProblemError } from "./problem.ts"

const MAX_BYTES = 64 * 1024

/**
 * The text of the body, or the empty text if there is none. Throws a problem if it is too large,
 * compressed or not UTF-8.
 */
export async function readText(request: Request): Promise<string> {
  const encoding = request.headers.get("content-encoding")?.trim().toLowerCase() || "identity"
  if (encoding !== "identity") {
    const detail = "Send the body as it is, without a Content-Encoding."
    throw new ProblemError("body.unsupported", detail, { headers: { connection: "close" } })
  }
  if (Number(request.headers.get("content-length") ?? 0) > MAX_BYTES) throw tooLarge()
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const chunk of request.body ?? []) {
      bytes += chunk.length
      if (bytes > MAX_BYTES) throw tooLarge()
      chunks.push(chunk)
    }
  } catch (error) {
    if (error instanceof ProblemError) throw error
    // Nobody reads this answer: it is in the log.
    throw new ProblemError("request.malformed", "The connection ended before the body.")
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks))
  } catch {
    throw new ProblemError("request.malformed", "The body is not UTF-8.")
  }
}

const tooLarge = () =>
  new ProblemError("body.too_large", `A body can have up to ${MAX_BYTES / 1024} KB.`, {
    // The rest of the body is not read.
    headers: { connection: "close" },
  })

/**
 * The JSON value of a body. A missing body is the empty object, for routes on which every field is
 * optional.
 */
export function parseJson(text: string, contentType: string | undefined): unknown {
  if (text === "") return {}
  if (!/^application\/(json|[\w.-]+\+json)\s*(;|$)/i.test(contentType ?? "")) {
    throw new ProblemError("body.unsupported", "Send the body as Content-Type: application/json.")
  }
  try {
    return JSON.parse(text)
  } catch {
    throw new ProblemError("request.malformed", "The body is not JSON.")
  }
}
