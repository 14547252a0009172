import type { Command } from "commander"
import * as v from "valibot"
import { anEndpoint } from "../endpoint.ts"
import { addExamples, idArgument } from "../group.ts"
import { readSeconds } from "../pairs.ts"
import { type Open, pathOf, type Session } from "../session.ts"
import { localTime } from "../time.ts"

const Secret = v.looseObject({
  secret: v.optional(v.string()),
  publicKey: v.optional(v.string()),
  previous: v.array(v.looseObject({ expiresAt: v.string() })),
})

const Rotated = v.looseObject({
  secret: v.optional(v.string()),
  publicKey: v.optional(v.string()),
  previousExpiresAt: v.string(),
})

type Options = { overlap?: number; secret?: string }

export function addEndpointSecrets(group: Command, open: Open): void {
  const secret = group
    .command("secret")
    .description(
      "Prints the secret that signs an endpoint's webhooks, or its public key with ed25519.",
    )
    .addArgument(idArgument("<id>", anEndpoint))
    .action(async (id: string) => {
      const session = await open.open(secret)
      const answer = await session.api.get(Secret, pathOf(session, "endpoints", id, "secret"))
      printSecret(
        session,
        answer,
        answer.previous.map(({ expiresAt }) => expiresAt),
      )
    })
  addExamples(secret, [["endpoints secret ep_..."]])
  const rotate = group
    .command("rotate")
    .description("Gives an endpoint a new secret and prints it. During the overlap both sign.")
    .addArgument(idArgument("<id>", anEndpoint))
    .option("--overlap <duration>", "how long both sign: 0 to 7d (default: 1d)", readSeconds)
    .option("--secret <secret>", "your own secret: whsec_... (default: a new one)")
    .action(async (id: string, { overlap, secret: own }: Options) => {
      const session = await open.open(rotate)
      const path = pathOf(session, "endpoints", id, "secret", "rotate")
      const answer = await session.api.post(Rotated, path, {
        ...(overlap !== undefined && { overlapSeconds: overlap }),
        ...(own !== undefined && { secret: own }),
      })
      printSecret(session, answer, overlap === 0 ? [] : [answer.previousExpiresAt])
    })
  addExamples(rotate, [["endpoints rotate ep_... --overlap 2h"]])
}

/** Prints only the secret to stdout, for scripts. */
function printSecret(
  { terminal, isJson }: Session,
  answer: { secret?: string | undefined; publicKey?: string | undefined },
  previous: string[],
): void {
  if (isJson) return terminal.print(JSON.stringify(answer))
  terminal.print(answer.secret ?? answer.publicKey ?? "")
  for (const expiresAt of previous)
    terminal.note(
      terminal.paint("dim", `The previous one also signs until ${localTime(expiresAt)}.`),
    )
}
