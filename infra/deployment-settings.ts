import { isPermanent } from "./stage.ts"

// SST reads `.env` and `.env.STAGE`; an empty value counts as none.
const setting = (name: string) => process.env[`RINGBACK_${name}`] || undefined

const list = (name: string) => (setting(name) ?? "").split(",").filter(Boolean)

const whole = (name: string, fallback: number, least: number) => {
  const value = Number(setting(name) ?? fallback)
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new Error(`RINGBACK_${name} must be a whole number of at least ${least}`)
}

/** What may differ between two stages, apart from their being permanent. */
export const settings = {
  allowedNetworks: list("ALLOWED_NETWORKS"),
  retentionDays: whole("RETENTION_DAYS", 30, 14),
  apiRateLimit: whole("API_RATE_LIMIT", 100, 0),
  maxEndpoints: whole("MAX_ENDPOINTS", 200, 1),
  /** Instances of the API function at once, taken from the account's; 0: none are reserved, and nothing is capped. */
  apiConcurrency: whole("API_CONCURRENCY", isPermanent($app.stage) ? 40 : 0, 0),
  apiDomain: setting("API_DOMAIN"),
  alarmEmail: setting("ALARM_EMAIL"),
  /** How many collectors should be heard; with 0 nobody is missed. */
  expectedCollectors: whole("EXPECTED_COLLECTORS", 0, 0),
  /** The host of a PBX in the cloud; with it a collector runs beside it. */
  collectorAmiHost: setting("COLLECTOR_AMI_HOST"),
}

/** Where each of these is a must once a collector is wanted. */
export const required = (name: string) => {
  const value = setting(name)
  if (value) return value
  throw new Error(`RINGBACK_${name} is missing: see "A collector in the cloud" in infra/README.md`)
}

export const logRetention = isPermanent($app.stage) ? "3 months" : "1 week"
export const logDays = { "1 week": 7, "3 months": 90 }[logRetention]

export const linkedSettings = new sst.Linkable("Settings", {
  properties: {
    allowedNetworks: settings.allowedNetworks,
    retentionDays: settings.retentionDays,
    apiRateLimit: settings.apiRateLimit,
    maxEndpoints: settings.maxEndpoints,
    inserts: "statements",
  },
})
