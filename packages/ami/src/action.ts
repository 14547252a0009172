import { AmiError } from "./errors.ts"
import { writeMessage } from "./message.ts"

/** An action to send. An array value is sent as a repeated header. */
export type Action = { Action: string } & Record<string, string | readonly string[]>

// Asterisk answers longer lines (CRLF included) with "line too long". Over TLS it leaves longer
// writes unread.
const MAX_LINE_BYTES = 1_024

const LINE_BREAK = /[\r\n]/
const BAD_NAME = /[\r\n:]|^\s*$/

/**
 * Serializes an action with that ActionID. Throws an AmiError `action_invalid` if AMI cannot
 * represent it.
 */
export function writeAction(action: Action, actionId: string): string {
  const headers: [string, string][] = [
    ["Action", action.Action],
    ["ActionID", actionId],
  ]
  for (const [name, value] of Object.entries(action)) {
    if (name === "Action" || name.toLowerCase() === "actionid") continue
    for (const each of typeof value === "string" ? [value] : value) headers.push([name, each])
  }
  for (const pair of headers) checkHeader(action.Action, pair)
  const text = writeMessage(headers)
  if (Buffer.byteLength(text) > MAX_ACTION_BYTES) {
    throw invalid(action.Action, `is longer than ${MAX_ACTION_BYTES} bytes`)
  }
  return text
}

// Over TLS a larger write stalls until more data arrives. No read action comes near this size.
const MAX_ACTION_BYTES = 1_024

function checkHeader(action: string, [name, value]: [string, string]): void {
  if (BAD_NAME.test(name)) throw invalid(action, `has a header name that AMI does not allow`)
  // A line break in a value would start a new header or action.
  if (LINE_BREAK.test(value)) throw invalid(action, `has a line break in ${name}`)
  if (Buffer.byteLength(`${name}: ${value}\r\n`) > MAX_LINE_BYTES) {
    throw invalid(action, `has a line of over ${MAX_LINE_BYTES} bytes: ${name}`)
  }
}

function invalid(action: string, what: string): AmiError {
  return new AmiError("action_invalid", `the action ${JSON.stringify(action)} ${what}`)
}
