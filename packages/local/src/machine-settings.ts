import * as v from "valibot"
import { parseNetworks } from "@ringback/webhooks/address"

/** A setting, or the thing that it names, is invalid: one line that names it, exit code 2. */
export class SettingError extends Error {
  constructor(setting: string, reason: string) {
    super(`${setting}: ${reason}`)
    this.name = "SettingError"
  }
}

/** Options such as `-- --port 4000` are refused, because ignoring them would be a surprise. */
export function refuseOptions([option]: string[]): void {
  if (option === undefined) return
  const reason = "npm start takes no options; its settings come from the environment"
  throw new SettingError(option, `${reason} (packages/local/README.md)`)
}

const port = (standard: number) =>
  v.optional(
    v.pipe(
      v.string(),
      v.regex(/^\d{1,5}$/, "must be a port number, 0 for any free one"),
      v.transform(Number),
      v.maxValue(65_535, "must be a port number, at most 65535"),
    ),
    String(standard),
  )

const ServiceUrl = v.optional(
  v.pipe(
    v.string(),
    v.check(
      (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
      "must be a URL such as http://127.0.0.1:4566",
    ),
  ),
)

// The base URL of a stand-in: paths of the CRM follow it.
const CrmUrl = v.optional(
  v.pipe(
    v.string(),
    v.check(
      (text) => /^https?:\/\/[^/?#@]+\/?$/.test(text) && URL.canParse(text),
      "must be a URL without a path, such as http://127.0.0.1:4010",
    ),
  ),
)

// Printable ASCII without spaces at its ends, which a header would lose.
const OperatorKey = v.optional(
  v.pipe(
    v.string(),
    v.regex(/^[\x20-\x7e]{16,}$/, "must be 16 or more printable ASCII characters"),
    v.check((key) => key.trim() === key, "must not begin or end with a space"),
  ),
)

const Networks = v.optional(
  v.pipe(
    v.string(),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed) return
      try {
        parseNetworks(dataset.value)
      } catch (error) {
        addIssue({ message: (error as Error).message })
      }
    }),
  ),
  "",
)

const Environment = v.object({
  RINGBACK_PORT: port(3000),
  RINGBACK_SQS_PORT: port(4566),
  RINGBACK_DYNAMODB_PORT: port(8000),
  RINGBACK_DATA_DIR: v.optional(v.string(), ".ringback"),
  RINGBACK_OPERATOR_KEY: OperatorKey,
  RINGBACK_ALLOWED_NETWORKS: Networks,
  RINGBACK_DEMO: v.optional(v.picklist(["0", "1"], "must be 0 or 1"), "1"),
  RINGBACK_API_RATE_LIMIT: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^\d{1,9}$/, "must be a whole number of requests a second, 0 for no limit"),
      v.transform(Number),
    ),
    "100",
  ),
  RINGBACK_MAX_ENDPOINTS: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^[1-9]\d{0,5}$/, "must be a whole number of endpoints that a tenant may have"),
      v.transform(Number),
    ),
    "200",
  ),
  RINGBACK_CRM_URL_HUBSPOT: CrmUrl,
  RINGBACK_CRM_URL_SALESFORCE: CrmUrl,
  RINGBACK_CRM_URL_PIPEDRIVE: CrmUrl,
  RINGBACK_CRM_URL_ZOHO: CrmUrl,
  AWS_ENDPOINT_URL_SQS: ServiceUrl,
  AWS_ENDPOINT_URL_DYNAMODB: ServiceUrl,
  AMI_HOST: v.optional(v.string()),
})

export type Settings = {
  port: number
  dataDir: string
  operatorKey: string | undefined
  /** CIDRs, separated by commas. */
  allowedNetworks: string
  sqsPort: number
  dynamodbPort: number
  sqsUrl: string | undefined
  dynamodbUrl: string | undefined
  isDemo: boolean
  hasPbx: boolean
  apiRateLimit: number
  /** Maximum per tenant. */
  maxEndpoints: number
  /** The URLs of stand-ins for CRMs, by kind. */
  crmUrls: Partial<Record<string, string>>
}

/** Throws a SettingError for the first invalid setting. */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  // An empty variable counts as not set.
  const given = Object.entries(environment).filter(([, value]) => value !== "")
  const parsed = v.safeParse(Environment, Object.fromEntries(given))
  if (!parsed.success) {
    const [issue] = parsed.issues
    throw new SettingError(v.getDotPath(issue) ?? "settings", issue.message)
  }
  const { output } = parsed
  return {
    port: output.RINGBACK_PORT,
    dataDir: output.RINGBACK_DATA_DIR,
    operatorKey: output.RINGBACK_OPERATOR_KEY,
    allowedNetworks: output.RINGBACK_ALLOWED_NETWORKS,
    sqsPort: output.RINGBACK_SQS_PORT,
    dynamodbPort: output.RINGBACK_DYNAMODB_PORT,
    sqsUrl: output.AWS_ENDPOINT_URL_SQS,
    dynamodbUrl: output.AWS_ENDPOINT_URL_DYNAMODB,
    isDemo: output.RINGBACK_DEMO === "1" && output.AMI_HOST === undefined,
    hasPbx: output.AMI_HOST !== undefined,
    apiRateLimit: output.RINGBACK_API_RATE_LIMIT,
    maxEndpoints: output.RINGBACK_MAX_ENDPOINTS,
    crmUrls: {
      ...(output.RINGBACK_CRM_URL_HUBSPOT && { hubspot: output.RINGBACK_CRM_URL_HUBSPOT }),
      ...(output.RINGBACK_CRM_URL_SALESFORCE && { salesforce: output.RINGBACK_CRM_URL_SALESFORCE }),
      ...(output.RINGBACK_CRM_URL_PIPEDRIVE && { pipedrive: output.RINGBACK_CRM_URL_PIPEDRIVE }),
      ...(output.RINGBACK_CRM_URL_ZOHO && { zoho: output.RINGBACK_CRM_URL_ZOHO }),
    },
  }
}
