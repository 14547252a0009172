// Runs one bundle as Lambda's runtime does: imported once, then one event after another. Talks over the fork's channel.
const [bundle = ""] = process.argv.slice(2)

type Request = { event: unknown; timeoutMs: number }

const start = performance.now()
const { handler } = await import(bundle)
process.send?.({ importMs: performance.now() - start })

process.on("message", async ({ event, timeoutMs }: Request) => {
  const deadline = Date.now() + timeoutMs
  const context = { getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()) }
  try {
    process.send?.({ result: await handler(event, context) })
  } catch (error) {
    process.send?.({ error: error instanceof Error ? error.stack : String(error) })
  }
})
