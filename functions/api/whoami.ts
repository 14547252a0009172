import * as v from "valibot"
import { Scope } from "@ringback/store/api-key"
import { route } from "./route.ts"
import { id } from "./schemas.ts"

export const whoamiRoutes = [
  route({
    method: "get",
    path: "/v1/whoami",
    access: "key",
    operationId: "whoami",
    tag: "Keys",
    summary: "Show whose key this is",
    answers: {
      200: {
        description: "The key's owner and scope",
        schema: v.object({
          kind: v.picklist(["operator", "tenant"]),
          tenantId: v.pipe(
            v.nullable(id("ten")),
            v.description("Null: the operator's key, for all tenants"),
          ),
          scope: Scope,
        }),
      },
    },
    handle({ caller }) {
      const { kind } = caller
      const body =
        kind === "operator"
          ? { kind, tenantId: null, scope: "full" }
          : { kind, tenantId: caller.tenant, scope: caller.scope }
      return { status: 200, body }
    },
  }),
]
