import { COLLECTOR_EQUIVALENTS } from "./collector-equivalents.ts"

/** A mutant that changes nothing anybody could see, and why. `line` is the source's line, trimmed. */
export type Equivalent = { file: string; line: string; what: string | RegExp; reason: string }

/** Left out of a run and counted apart. An entry whose line has gone is named by the run, and is to be removed. */
export const EQUIVALENTS: readonly Equivalent[] = [
  ...COLLECTOR_EQUIVALENTS,
  ...["event-list", "delivery-list"].map((name) => ({
    file: `packages/store/src/${name}.ts`,
    line: "below: query.cursor !== undefined && query.cursor < before ? query.cursor : before,",
    what: "< -> <=",
    reason: "of two equal texts either is the bound",
  })),
  {
    file: "functions/jobs/forget.ts",
    line: "return headers.length > 0 ? namedIn(headers) : undefined",
    what: "> -> >=",
    reason:
      "without headers there is nobody in them: what names nobody is emptied no more than what has no names",
  },
  {
    file: "functions/ingest/listed-record.ts",
    line: "if (!headers || !translated || uuid === null || uuid.length > MAX_UUID_LENGTH)",
    what: "!headers || !translated -> !translated",
    reason: "nothing is translated without headers: the first part is for the compiler",
  },
  {
    file: "packages/store/src/audit.ts",
    line: "below: cursor !== undefined && cursor < bound ? cursor : bound,",
    what: "< -> <=",
    reason: "of two equal texts either is the bound",
  },
  {
    file: "packages/store/src/delivery-list.ts",
    line: "return { items: found.sort((a, b) => (a.sk < b.sk ? 1 : -1)), next }",
    what: "< -> <=",
    reason: "no two deliveries of an event have the same key",
  },
  {
    file: "packages/store/src/job-page.ts",
    line: 'items.sort((a, b) => ((a["sk"] as string) < (b["sk"] as string) ? 1 : -1))',
    what: "< -> <=",
    reason: "a sort key has a hash of what the item is of, so no two are the same",
  },
  {
    file: "packages/store/src/list-page.ts",
    line: ".reduce<string | undefined>((a, b) => (a !== undefined && a > b ? a : b), undefined)",
    what: "> -> >=",
    reason: "of two equal texts either is the highest",
  },
  {
    file: "packages/store/src/lease.ts",
    line: 'const values = { ":revision": revision + 1, ":held": decided.held }',
    what: "+ -> -",
    reason: "a revision has only to be another one than was read",
  },
  {
    file: "packages/store/src/item.ts",
    line: "...(names && { ExpressionAttributeNames: names }),",
    what: "names && { ExpressionAttributeNames: names } -> { ExpressionAttributeNames: names }",
    reason: "for the SDK an undefined member is none given",
  },
  {
    file: "packages/store/src/spans.ts",
    line: ".map((span): Span => (span[0] >= to ? explained(span, to) : [to, span[1], 0]))",
    what: ">= -> >",
    reason: "a span that begins at that very time is explained by being cut there, too",
  },
  {
    file: "packages/store/src/spans.ts",
    line: "const last = since !== undefined || isReported(spans, from) ? undefined : before.pop()",
    what: /-> isReported\(spans, from\)$/,
    reason:
      "with a known start the last span ends at the gap already, and stretching changes nothing",
  },
  {
    file: "packages/store/src/spans.ts",
    line: "const next = spans.findIndex((span) => span[0] > at)",
    what: /^(> -> >=|0 -> 1)$/,
    reason: "a gap at which a span begins or ends is cut the same, reported or not",
  },
  {
    file: "packages/store/src/spans.ts",
    line: "return [...spans.filter((span) => !touches(span)), joined].sort((a, b) => a[0] - b[0])",
    what: "0 -> 1",
    reason: "spans of one list do not overlap, so that an end compares as its start does",
  },
  {
    file: "packages/store/src/connector.ts",
    line: "set: { leaseUntil: 0, ...done },",
    what: "0 -> 1",
    reason: "a millisecond after 1970 is as long over",
  },
  {
    file: "packages/store/src/heartbeat.ts",
    line: "...(alive.length > 0 ? alive : [latest]).map((each) => each.spoolAgeSeconds),",
    what: "0 -> 1",
    reason: "a collector that alone is alive is the latest one that was heard",
  },
  {
    file: "functions/api/queue-message.ts",
    line: 'const { MessageId = "", Body = "", Attributes = {}, MessageAttributes = {} } = message',
    what: '"" -> "mutant"',
    reason: "SQS gives out no message without an id and a body, which only the SDK's types allow",
  },
  {
    file: "functions/api/events.ts",
    line: 'const key = ["events", tenant.id, { types, source, uuid }, ...times]',
    what: '"events" -> ""',
    reason: "the name of a list in its cursors has only to differ from the other lists' names",
  },
  {
    file: "functions/ingest/receive-message.ts",
    line: "...(isStored && !isLarge(record) && { translated }),",
    what: /-> \(removed\)$/,
    reason: "the stored event is translated again then, to the same",
  },
  {
    file: "packages/events/src/record.ts",
    line: "const sorted = said.toSorted(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0))",
    what: "0 -> 1",
    reason: "Node's stable sort asks only whether the answer is below 0",
  },
  {
    file: "packages/events/src/stamp.ts",
    line: "if (nanos === undefined || !sign || !hours || !minutes) return nanos",
    what: /-> nanos === undefined( \|\| !sign)?$/,
    reason: "the expression's offset has all three parts or none; the types do not know",
  },
  {
    file: "packages/ami/src/login.ts",
    line: "ask(action, (error, response) => done(error ?? judgeLogin(response)))",
    what: "error ?? judgeLogin(response) -> judgeLogin(response)",
    reason: "an action of the login fails only with its session, which has its reason by then",
  },
  {
    file: "packages/ami/src/login.ts",
    line: "if (error) return done(error)",
    what: /^(error -> false|done\(error\) -> undefined)$/,
    reason: "an action of the login fails only with its session, which has its reason by then",
  },
  {
    file: "packages/ami/src/parser.ts",
    line: "isLong = length > LONG_BYTES",
    what: /./,
    reason: "how the next line end is looked for, and never where it is",
  },
  {
    file: "packages/ami/src/parser.ts",
    line: "const LONG_BYTES = 256",
    what: /./,
    reason: "how the next line end is looked for, and never where it is",
  },
  {
    file: "packages/ami/src/parser.ts",
    line: "if (isLong && byte !== LF) at = bytes.indexOf(LF, at)",
    what: /^(?!at = )/,
    reason: "how the next line end is looked for, and never where it is",
  },
  {
    file: "packages/ami/src/parser.ts",
    line: "if (this.#end + piece.length + 1 > this.#bytes.length) this.#makeRoom(piece.length + 1)",
    what: "> -> >=",
    reason: "room is made a byte earlier than it must be",
  },
  {
    file: "packages/ami/src/parser.ts",
    line: "else if (!this.#skipped) this.#mark(colon < 0 ? at : colon, at)",
    what: "!this.#skipped -> true",
    reason: "what is marked of a skipped message goes with it, unread",
  },
  {
    file: "packages/ami/src/parser.ts",
    line: "if (marks.places.length > MANY_MARKS) marks.places = new Int32Array(FIRST_MARKS)",
    what: /^(> -> >=|marks\.places\.length > MANY_MARKS -> (true|false))$/,
    reason: "when the memory of one huge message is given back; the next one's marks are its own",
  },
  {
    file: "packages/ami/src/dialogue.ts",
    line: "#count = 0",
    what: "0 -> 1",
    reason: "ids need to differ, and begin anywhere",
  },
  {
    file: "packages/ami/src/dialogue.ts",
    line: "#bytesSinceArmed = 0",
    what: "0 -> 1",
    reason: "set to 0 whenever a deadline begins",
  },
  {
    file: "packages/webhooks/src/expression.ts",
    line: "Object.defineProperty(built, key, { writable: false, configurable: false })",
    what: "configurable: false -> (removed)",
    reason: "the whole object is sealed a moment later",
  },
  {
    file: "packages/webhooks/src/headers.ts",
    line: 'const last = Object.keys(headers).at(-1) ?? ""',
    what: '"" -> "mutant"',
    reason: "without a header there are neither too many nor too long ones",
  },
  {
    file: "packages/webhooks/src/address.ts",
    line: 'if (first >> 13 !== 1 || address.range() !== "unicast" || (first === 0x2001 && second < 0x200))',
    what: /^0x200(1)? -> 0$/,
    reason: "ipaddr.js calls all of 2001::/23 reserved too; said here should its table ever change",
  },
  {
    file: "packages/webhooks/src/dial.ts",
    line: 'signal.removeEventListener("abort", giveUp)',
    what: /^(signal\.removeEventListener\("abort", giveUp\) -> ;|"abort" -> "")$/,
    reason: "after the end nothing is open any more, and a settled promise stays as it is",
  },
  {
    file: "packages/webhooks/src/dial.ts",
    line: "const options = { host: address, port, noDelay: true, lookup: refuseToLookUp }",
    what: "lookup: refuseToLookUp -> (removed)",
    reason: "a literal address is never looked up; the function says so should that ever change",
  },
  {
    file: "packages/webhooks/src/dial.ts",
    line: "return tls.connect({ ...options, ...TLS, servername, ...(ca && { ca }) })",
    what: "ca && { ca } -> { ca }",
    reason: "for Node an undefined CA is none given",
  },
]
