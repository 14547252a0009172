import { setTimeout as wait } from "node:timers/promises"
import { AmiClient } from "@ringback/ami/client"
import { type AmiMessage, header } from "@ringback/ami/message"
import type { AmiTarget } from "@ringback/ami/session"
import { NO_TLS } from "@ringback/ami/socket"
import type { AmiState } from "@ringback/ami/state"
import type { Tuning } from "@ringback/ami/tuning"
import type { Finding } from "./finding.ts"
import { CLOCK_FIX, describeSkew, isOff } from "./pbx-clock.ts"
import { requestReadClasses, askTimestamps, mayRead, UNREAD } from "./pbx-console.ts"

const LOGIN_MS = 15_000
const BOOTED_MS = 2_000

/** Logs in and checks the module, the user's permissions, the settings and the clock of a PBX. */
export async function checkPbx(ami: AmiTarget, tuning: Partial<Tuning> = {}): Promise<Finding[]> {
  const events: AmiMessage[] = []
  const settled = Promise.withResolvers<AmiState>()
  const client = new AmiClient({
    ...ami,
    tuning,
    onMessage: (message) => void events.push(message),
    onState: (state) => settled.resolve(state),
  })
  const send = client.send.bind(client)
  const isBooted = () => events.some(({ name }) => name === "FullyBooted")
  try {
    const state = await Promise.race([settled.promise, wait(LOGIN_MS, undefined, { ref: false })])
    if (state?.name !== "connected") {
      return [{ is: "WRONG", what: `PBX: ${state?.reason ?? "no answer"}`, fix: fixOf(state) }]
    }
    const pong = await send({ Action: "Ping" })
    const answeredAt = Date.now()
    // A starting PBX loads the module before it sends FullyBooted.
    for (let waited = 0; !isBooted() && waited < BOOTED_MS; waited += 50) await wait(50)
    const summary = await send({ Action: "OutDialingSummary" })
    const classes = await requestReadClasses(send, ami.username)
    const hasTimestamps = await askTimestamps(send)
    return [
      { is: "ok", what: `PBX: logged in (${state.banner})` },
      judgeModule(summary),
      ...judgeClasses(classes, isBooted()),
      ...judgeTimestamps(timestampsIn(events) ?? hasTimestamps),
      ...judgeClock(pong, answeredAt),
    ]
  } catch (error) {
    // The PBX accepted the login, but the connection ended before the other checks.
    return [{ is: "WRONG", what: `PBX: ${(error as Error).message}`, fix: TRY_AGAIN }]
  } finally {
    await client.close()
  }
}

const TRY_AGAIN = "try again: the PBX was restarted, or a firewall or proxy closes connections"
const WHERE = "AMI_HOST and AMI_PORT"

const FIXES: Record<string, string> = {
  credentials_refused: "AMI_USERNAME, AMI_SECRET, and deny and permit of this user in manager.conf",
  login_refused: "AMI_AUTH=plain if the PBX knows no MD5; one AMI user for each collector",
  tls_failed: "AMI_TLS_CA names the CA of the PBX's certificate; AMI_HOST is a name in it",
  not_ami: "AMI_PORT: 5038, or 5039 with AMI_TLS=1",
  silent: "AMI_TLS=1 if this port wants TLS, as 5039 does; else AMI_HOST and AMI_PORT",
}

function fixOf(state: AmiState | undefined | void): string {
  const { code = null, reason = null } = state ?? {}
  if (code === "tls_failed" && reason?.includes(NO_TLS)) {
    return "set AMI_PORT to the PBX's TLS port, usually 5039, or AMI_TLS=0 for a port without TLS"
  }
  if (code === "tls_failed" && /too (weak|small|short)/i.test(reason ?? "")) {
    return "a new certificate for the PBX: RSA of 2048 bits or more, or EC, signed with SHA-256"
  }
  return FIXES[code ?? ""] ?? WHERE
}

function judgeModule(summary: AmiMessage): Finding {
  if (summary.name.toLowerCase() !== "error") {
    return { is: "ok", what: "PBX: its lists are readable, so gaps are filled from them" }
  }
  const message = header(summary, "Message") ?? "refused"
  if (/unknown command/i.test(message)) {
    const what = "PBX: res_outbound is not loaded, so no dialler events arrive"
    return { is: "MISSING", what, fix: "module load res_outbound.so, and modules.conf" }
  }
  const what = `PBX: this user may not read its lists or its own permissions (${message})`
  return { is: "could be better", what, fix: "write=command for this user" }
}

/** `classes` is undefined if the PBX does not report them. */
function judgeClasses(classes: string[] | undefined, isBooted: boolean): Finding[] {
  if (classes && !mayRead(classes, "message")) {
    return [{ is: "MISSING", what: `PBX: ${UNREAD.reason}`, fix: UNREAD.fix }]
  }
  if (classes ? mayRead(classes, "system") : isBooted) return []
  const what = "PBX: this user may not read the class system, so Shutdown events do not arrive"
  return [{ is: "could be better", what, fix: "read=message,system (no space after the comma)" }]
}

/**
 * Whether events have a Timestamp. Asterisk never adds one to the FullyBooted that follows a login.
 */
function timestampsIn(events: AmiMessage[]): boolean | undefined {
  if (events.some((event) => header(event, "Timestamp") !== undefined)) return true
  return events.some(({ name }) => name !== "FullyBooted") ? false : undefined
}

function judgeTimestamps(hasTimestamps: boolean | undefined): Finding[] {
  if (hasTimestamps === undefined) return []
  if (hasTimestamps) {
    return [
      { is: "ok", what: "PBX: events have a Timestamp, so two collectors give each the same id" },
    ]
  }
  const what = "PBX: events have no Timestamp, so two collectors send dllist and queue events twice"
  return [{ is: "could be better", what, fix: "timestampevents=yes in [general] of manager.conf" }]
}

function judgeClock(pong: AmiMessage, now: number): Finding[] {
  const skewMs = now - Number(header(pong, "Timestamp")) * 1_000
  if (!Number.isFinite(skewMs)) return []
  const what = `clocks: ours is ${describeSkew(skewMs)}`
  return [isOff(skewMs) ? { is: "could be better", what, fix: CLOCK_FIX } : { is: "ok", what }]
}
