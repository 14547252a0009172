import type { Outcome } from "@ringback/webhooks/outcome"

/**
 * What may be said of a failure where more people look than at the tenant's own log. Of an answer the code says enough: a
 * redirect's target may hold a secret in its path. What a transform or a connector says may quote the event.
 */
export const loggable = ({ statusCode, error, ok, isNeutral, steps }: Outcome) =>
  statusCode === null && !ok && !isNeutral && !steps ? error : null
