import type { Action } from "@ringback/ami/action"
import { type AmiMessage, outputOf } from "@ringback/ami/message"

type Send = (action: Action) => Promise<AmiMessage>

/** The event classes that a user may read, as the PBX's console shows them; undefined without `write=command`. */
export async function askReadClasses(send: Send, user: string): Promise<string[] | undefined> {
  const name = /^[\w.@-]+$/.test(user) ? user : JSON.stringify(user)
  const answer = await send({ Action: "Command", Command: `manager show user ${name}` })
  return /^\s*read perm:[ \t]*(.*)$/im.exec(outputOf(answer))?.[1]?.trim().split(",")
}

/** Whether the PBX puts a Timestamp on its events; undefined where its console does not say. */
export async function askTimestamps(send: Send): Promise<boolean | undefined> {
  const answer = await send({ Action: "Command", Command: "manager show settings" })
  const word = /^\s*timestamp events:\s*(yes|no)\b/im.exec(outputOf(answer))?.[1]
  return word === undefined ? undefined : word.toLowerCase() === "yes"
}

/** Whether a class is among those that may be read. */
export const mayRead = (classes: readonly string[], name: string) =>
  classes.includes(name) || classes.includes("all")

/** Of a user that may not read the dialler's events. */
export const UNREAD = {
  reason: "this user may not read the class message, so no event of the dialler comes",
  mend: "read=message,system for this user in manager.conf (no blank after the comma)",
}
