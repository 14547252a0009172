import * as v from "valibot"
import { route } from "./route.ts"
import { id } from "./schemas.ts"

export const collectorCheckRoutes = [
  route({
    method: "get",
    path: "/v1/collector/check",
    access: "source",
    operationId: "checkSourceToken",
    tag: "Sources",
    summary: "Ask whether a source's token is good",
    description:
      "Collectors with RINGBACK_API_URL ask this. What they send to the queue with a token that was revoked is rejected there, without an answer.",
    answers: {
      200: {
        description: "It is: what is signed with it is taken",
        schema: v.object({ tenant: id("ten"), source: id("src") }),
      },
    },
    handle: ({ source }) => ({ status: 200, body: { tenant: source.tenant, source: source.id } }),
  }),
]
