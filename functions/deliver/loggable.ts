import type { Outcome } from "@ringback/webhooks/attempt-outcome"

/**
 * The part of a failure that can be written where more people can read it than the tenant's own
 * log. Of a response, only the code: the target of a redirect may contain a secret in its path. The
 * messages of a transform or a connector may quote the event.
 */
export const loggable = ({ statusCode, error, ok, isNeutral, steps }: Outcome) =>
  statusCode === null && !ok && !isNeutral && !steps ? error : null
