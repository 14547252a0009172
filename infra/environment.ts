// SST reads `.env` and `.env.STAGE`; an empty value counts as none.
export const setting = (name: string) => process.env[`RINGBACK_${name}`] || undefined

export const whole = (name: string, fallback: number, least: number, most = Infinity) => {
  const value = Number(setting(name) ?? fallback)
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value
  const range = most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`
  throw new Error(`RINGBACK_${name} must be a whole number ${range}`)
}

/** The settings that are required once a collector is configured. */
export const required = (name: string) => {
  const value = setting(name)
  if (value) return value
  throw new Error(`RINGBACK_${name} is missing: see "A collector in the cloud" in infra/README.md`)
}

/**
 * A setting for one machine that has no effect here. It is refused, because it would appear to
 * work.
 */
export const refuse = (name: string, why: string) => {
  if (setting(name) !== undefined) throw new Error(`RINGBACK_${name} is refused here: ${why}`)
}
