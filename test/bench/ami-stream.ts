import { randomUUID } from "node:crypto"

const EVENT_BYTES = 920
const EVENTS = 1_400

/** Dialing events of 920 bytes as the module sends them, its extra empty line included, each with ids of its own. */
export function makeStream(): { bytes: Buffer; events: number } {
  const events = Array.from({ length: EVENTS }, (_, index) => makeEvent(index))
  return { bytes: Buffer.from(events.join("")), events: EVENTS }
}

/** One event with so many bytes of Variables. */
export function makeLargeEvent(bytes: number): Buffer {
  const line = `Variable: note=${"y".repeat(900)}\r\n`
  return Buffer.from(
    `Event: OutDestinationCreate\r\n${line.repeat(Math.floor(bytes / line.length))}\r\n\r\n`,
  )
}

/** The same bytes in pieces, as a socket would read them. */
export function cutInto(bytes: Buffer, size: number): Buffer[] {
  const count = Math.ceil(bytes.length / size)
  return Array.from({ length: count }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  )
}

function makeEvent(index: number): string {
  const lines = [
    "Event: OutDialingUpdate",
    "Privilege: message,all",
    `Uuid: ${randomUUID()}`,
    `Status: ${index % 7}`,
    ...["Camp", "Plan", "Dlma", "Dest", "DlList"].map((kind) => `${kind}Uuid: ${randomUUID()}`),
    `DialIndex: ${(index % 8) + 1}`,
    `DialAddr: ${100 + (index % 900)}`,
    `DialChannel: Local/${100 + (index % 900)}@customer`,
    "DialTryCnt: 1",
    "DialTimeout: 30000",
    "DialType: 0",
    "DialExten: 100",
    "DialContext: agents",
    "DialApplication: <unknown>",
    "DialData: <unknown>",
    "Variable: customer=Acme",
    "Variable: score=17",
    "ChannelName: Local/101@customer-00000004;1",
    "ResDial: 4",
    "ResHangup: 16",
    "ResHangupDetail: Normal Clearing",
    "TmCreate: 2026-11-22T06:15:18.772947656Z",
    "TmUpdate: 2026-11-22T06:15:19.91885536Z",
    "TmDelete: <unknown>",
  ]
  const length = lines.join("\r\n").length + "\r\nVariable: pad=\r\n\r\n\r\n".length
  lines.splice(-6, 0, `Variable: pad=${"p".repeat(Math.max(0, EVENT_BYTES - length))}`)
  return `${lines.join("\r\n")}\r\n\r\n\r\n`
}
