import type { Action } from "@ringback/ami/action"
import { type AmiMessage, outputOf } from "@ringback/ami/message"

type Send = (action: Action) => Promise<AmiMessage>

/**
 * The event classes that a user may read, from the PBX's console; undefined without
 * `write=command`.
 */
export async function requestReadClasses(send: Send, user: string): Promise<string[] | undefined> {
  const name = /^[\w.@-]+$/.test(user) ? user : JSON.stringify(user)
  const answer = await send({ Action: "Command", Command: `manager show user ${name}` })
  return /^\s*read perm:[ \t]*(.*)$/im.exec(outputOf(answer))?.[1]?.trim().split(",")
}

/** Whether the PBX adds a Timestamp to its events; undefined if its console does not show it. */
export async function askTimestamps(send: Send): Promise<boolean | undefined> {
  const answer = await send({ Action: "Command", Command: "manager show settings" })
  const word = /^\s*timestamp events:\s*(yes|no)\b/im.exec(outputOf(answer))?.[1]
  return word === undefined ? undefined : word.toLowerCase() === "yes"
}

/** Whether a class is in the list of readable classes. */
export const mayRead = (classes: readonly string[], name: string) =>
  classes.includes(name) || classes.includes("all")

/** For a user that may not read the dialler's events. */
export const UNREAD = {
  reason: "this user may not read the class message, so no dialler events arrive",
  fix: "read=message,system for this user in manager.conf (no space after the comma)",
}
