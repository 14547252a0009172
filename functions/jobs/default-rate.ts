/**
 * The rate at which a job sends a backlog to an endpoint without a rate limit, in requests per
 * second.
 */
export const DEFAULT_RATE = 50
