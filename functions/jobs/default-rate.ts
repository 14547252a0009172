/** How fast a job lets a backlog go where the endpoint has no rate of its own: requests a second. */
export const DEFAULT_RATE = 50
