/**
 * Why a session could not be opened, or ended:
 * `dns_failed`, `port_refused`, `unreachable`, `tls_failed`: it never got as far as AMI.
 * `not_ami`: something else answers there. `silent`: connected, but no answer in time.
 * `credentials_refused`: user, secret or the PBX's ACL. `login_refused`: any other no to the login.
 * `lost`: the stream ended or broke. `shutdown`: it ended as the PBX had announced. `closed`: by us.
 * `list_too_large`: of one list alone; never a reason why a session ended.
 * `action_invalid`: an action that AMI cannot carry; never a reason why a session ended.
 */
export type AmiErrorCode =
  | "dns_failed"
  | "port_refused"
  | "unreachable"
  | "tls_failed"
  | "not_ami"
  | "silent"
  | "credentials_refused"
  | "login_refused"
  | "lost"
  | "shutdown"
  | "closed"
  | "list_too_large"
  | "action_invalid"

/** What this package throws and rejects with: `code` for programs, `message` in plain words. Never holds the secret. */
export class AmiError extends Error {
  readonly code: AmiErrorCode

  constructor(code: AmiErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = "AmiError"
    this.code = code
  }
}
