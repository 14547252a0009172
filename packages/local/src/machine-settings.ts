import * as v from "valibot"
import { parseNetworks } from "@ringback/webhooks/address"

/** A setting, or what it names, is wrong: one line that names it, exit 2. */
export class SettingError extends Error {
  constructor(setting: string, reason: string) {
    super(`${setting}: ${reason}`)
    this.name = "SettingError"
  }
}

/** Whoever writes `-- --port 4000` means it: to start without it would be to pass it over in silence. */
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

// Printable ASCII, but no space at its ends: a header loses it.
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
  AWS_ENDPOINT_URL_SQS: ServiceUrl,
  AWS_ENDPOINT_URL_DYNAMODB: ServiceUrl,
  AMI_HOST: v.optional(v.string()),
})

export type Settings = {
  port: number
  dataDir: string
  operatorKey: string | undefined
  /** CIDRs, with commas between. */
  allowedNetworks: string
  sqsPort: number
  dynamodbPort: number
  sqsUrl: string | undefined
  dynamodbUrl: string | undefined
  isDemo: boolean
  hasPbx: boolean
  apiRateLimit: number
  /** That a tenant may have. */
  maxEndpoints: number
}

/** Throws a SettingError for the first wrong one. */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  // An empty variable is one that was not set.
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
  }
}
