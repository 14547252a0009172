import { createSocket } from "node:dgram"
import { once } from "node:events"
import { isIPv4 } from "node:net"
import type { TestContext } from "node:test"

const TYPE_A = 1
const TYPE_AAAA = 28
const NO_SUCH_NAME = 3

type Answer = string[] | "silence" | undefined

/**
 * A DNS server on loopback. `answer` gives the addresses of a name each time that it is asked for its A records (as many
 * as there are; IPv6 ones go with AAAA), undefined for no such name, or "silence".
 */
export async function startDnsServer(
  t: TestContext,
  answer: (name: string, count: number, type: "A" | "AAAA") => Answer | Promise<Answer>,
) {
  const asked = new Map<string, number>()
  const socket = createSocket("udp4", async (query, peer) => {
    const { name, type, end } = readQuestion(query)
    const count = (asked.get(name) ?? 0) + (type === TYPE_A ? 1 : 0)
    asked.set(name, count)
    const addresses = await answer(name, count, type === TYPE_A ? "A" : "AAAA")
    if (addresses === "silence") return
    const records = (addresses ?? []).filter((address) => isIPv4(address) === (type === TYPE_A))
    const head = Buffer.from(query.subarray(0, 12))
    // A response, recursion available, one question, no other sections.
    head.writeUInt16BE(0x8180 | (addresses ? 0 : NO_SUCH_NAME), 2)
    head.writeUInt16BE(records.length, 6)
    head.writeUInt32BE(0, 8)
    const parts = [head, query.subarray(12, end), ...records.map((record) => writeRecord(record))]
    socket.send(Buffer.concat(parts), peer.port, peer.address)
  })
  socket.bind(0, "127.0.0.1")
  await once(socket, "listening")
  t.after(() => socket.close())
  return { server: `127.0.0.1:${socket.address().port}`, asked: (name: string) => asked.get(name) }
}

function readQuestion(query: Buffer) {
  const labels: string[] = []
  let at = 12
  for (let length = query[at]!; length > 0; length = query[at]!) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length))
    at += length + 1
  }
  return { name: labels.join(".").toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 }
}

// The name as a pointer to the question, class IN, a time to live of 0.
function writeRecord(address: string): Buffer {
  const data = isIPv4(address) ? Buffer.from(address.split(".").map(Number)) : ipv6(address)
  const head = Buffer.alloc(12)
  head.writeUInt16BE(0xc00c, 0)
  head.writeUInt16BE(isIPv4(address) ? TYPE_A : TYPE_AAAA, 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt16BE(data.length, 10)
  return Buffer.concat([head, data])
}

function ipv6(address: string): Buffer {
  const [left = "", right = ""] = address.split("::")
  const parts = (text: string) => text.split(":").filter(Boolean)
  const zeros = Array.from({ length: 8 - parts(left).length - parts(right).length }, () => "0")
  const all = address.includes("::") ? [...parts(left), ...zeros, ...parts(right)] : parts(left)
  return Buffer.from(all.flatMap((part) => [parseInt(part, 16) >> 8, parseInt(part, 16) & 255]))
}
