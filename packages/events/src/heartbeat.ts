/**
 * How often a collector sends a heartbeat while nothing changes. It sends one at once if its session
 * with the PBX starts or ends. The gaps that it reports are exact, however far apart its heartbeats
 * are.
 */
export const HEARTBEAT_SECONDS = 100
