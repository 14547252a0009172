/**
 * Why a session failed to open, or ended. `dns_failed`, `port_refused`, `unreachable`,
 * `tls_failed`: failed before AMI. `not_ami`: another protocol answers. `silent`: no answer in
 * time. `credentials_refused`: wrong user or secret, or refused by the PBX's ACL. `login_refused`:
 * any other refusal of the login. `lost`: the stream ended or broke. `shutdown`: the PBX announced
 * its end. `closed`: closed by this client. `list_too_large`, `action_invalid`: errors of one
 * request; the session continues.
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

/**
 * The error type of this package: `code` for programs, `message` for people. Never contains the
 * secret.
 */
export class AmiError extends Error {
  readonly code: AmiErrorCode

  constructor(code: AmiErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = "AmiError"
    this.code = code
  }
}
