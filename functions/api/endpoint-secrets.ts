import * as v from "valibot"
import * as Endpoint from "@ringback/store/endpoint"
import { makeSecret, publicKeyOf, secretProblem } from "@ringback/webhooks/secret"
import { showSecret } from "./endpoint-answer.ts"
import { EXAMPLE_SECRET, OwnSecret, PublicKey } from "./endpoint-schema.ts"
import { invalid, ProblemError } from "./problem.ts"
import { getExisting } from "./revision.ts"
import { route } from "./route.ts"
import { formatMillis, Time } from "./time.ts"

const secret = v.exactOptional(
  v.pipe(
    v.string(),
    v.description(
      "The newest secret, whose signature comes first. The secret of an ed25519 endpoint is never shown",
    ),
    v.examples([EXAMPLE_SECRET]),
  ),
)
const publicKey = v.exactOptional(PublicKey)

export const SecretAnswer = v.object({
  secret,
  publicKey,
  previous: v.pipe(
    v.array(v.object({ publicKey, expiresAt: Time })),
    v.description("How long the previous secrets continue to sign"),
  ),
})

const DAY = 24 * 3600
const MAX_OVERLAP_SECONDS = 7 * DAY
// Each secret adds a signature to the header.
const MAX_SECRETS = 10

export const SecretRotationInput = v.strictObject({
  overlapSeconds: v.pipe(
    v.optional(
      v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_OVERLAP_SECONDS)),
      DAY,
    ),
    v.description("How long both secrets sign"),
    v.examples([DAY]),
  ),
  secret: v.exactOptional(OwnSecret),
})

export const RotatedSecret = v.object({
  secret,
  publicKey,
  previousExpiresAt: Time,
})

const tag = "Endpoints"

function refuseConnector({ connector }: Endpoint.Endpoint): void {
  if (connector)
    throw new ProblemError("conflict.state", "Nothing is signed for a CRM: it has no secret.")
}

export const endpointSecretRoutes = [
  route({
    method: "get",
    path: "/v1/tenants/{tenantId}/endpoints/{endpointId}/secret",
    access: "tenant",
    scope: "full",
    operationId: "getEndpointSecret",
    tag,
    summary: "Read the secret that signs its webhooks",
    answers: { 200: { description: "The secret", schema: SecretAnswer } },
    problems: ["conflict.state"],
    async handle({ deps: { table }, tenant, params }) {
      const endpoint = await getExisting("endpoint", () =>
        Endpoint.get(table, tenant.id, params.endpointId, { consistent: true }),
      )
      refuseConnector(endpoint)
      const now = table.now()
      const secrets = Endpoint.openSecrets(table, endpoint, now)
      const valid = Endpoint.validSecrets(endpoint, now)
      const previous = secrets.slice(1).map((secret, index) => {
        const publicKey = publicKeyOf(secret)
        const expiresAt = formatMillis(valid[index + 1]!.expiresAt!)
        return { ...(publicKey !== undefined && { publicKey }), expiresAt }
      })
      return { status: 200, body: { ...showSecret(secrets[0]!), previous } }
    },
  }),
  route({
    method: "post",
    path: "/v1/tenants/{tenantId}/endpoints/{endpointId}/secret/rotate",
    access: "tenant",
    operationId: "rotateEndpointSecret",
    tag,
    summary: "Give an endpoint a new secret",
    description:
      "During the overlap both secrets sign, the newest first, so that the receiver can switch.",
    body: SecretRotationInput,
    answers: { 200: { description: "The new secret", schema: RotatedSecret } },
    problems: ["conflict.changed", "conflict.secrets", "conflict.state"],
    async handle({ deps: { table }, tenant, params, body }) {
      const endpoint = await getExisting("endpoint", () =>
        Endpoint.get(table, tenant.id, params.endpointId, { consistent: true }),
      )
      refuseConnector(endpoint)
      const refusal = body.secret && secretProblem(body.secret, endpoint.signing)
      if (refusal) throw invalid("/secret", refusal)
      const overlapMs = body.overlapSeconds * 1000
      const staying = overlapMs > 0 ? Endpoint.validSecrets(endpoint, table.now()).length : 0
      if (staying >= MAX_SECRETS) {
        const detail = `${MAX_SECRETS} secrets sign already: rotate with overlapSeconds 0, or later.`
        throw new ProblemError("conflict.secrets", detail)
      }
      const secret = body.secret ?? makeSecret(endpoint.signing)
      const rotated = await Endpoint.rotateSecret(table, endpoint, secret, overlapMs)
      if (!rotated) throw new ProblemError("conflict.changed", "Send the request again.")
      const previousExpiresAt = formatMillis(rotated.updatedAt + overlapMs)
      return { status: 200, body: { ...showSecret(secret), previousExpiresAt } }
    },
  }),
]
