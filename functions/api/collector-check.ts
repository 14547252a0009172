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
    summary: "Check whether a source's token is valid",
    description:
      "Collectors with RINGBACK_API_URL call this. Messages signed with a revoked token are rejected by ingest, and the collector gets no response about it.",
    answers: {
      200: {
        description: "The token is valid: messages signed with it are accepted",
        schema: v.object({ tenant: id("ten"), source: id("src") }),
      },
    },
    handle: ({ source }) => ({ status: 200, body: { tenant: source.tenant, source: source.id } }),
  }),
]
