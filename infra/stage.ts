const permanentStages = ["production", "staging"]

/**
 * A stage for production: its data survive a mistake, and its logs are kept longer. Every other
 * stage is a developer's own.
 */
export const isPermanent = (stage: string) => permanentStages.includes(stage)

/**
 * Set here and not taken from the shell: a deploy from another shell must not move a stage to
 * another region.
 */
export const region = () => (process.env.RINGBACK_REGION || "us-east-1") as "us-east-1"

export const tags = (stage: string) => ({
  service: "ringback",
  environment: stage,
  lifetime: isPermanent(stage) ? "permanent" : "temporary",
})
