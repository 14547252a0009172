import assert from "node:assert/strict"
import { makeTenant } from "../api/api.ts"
import { words, type TestPortal, type Visitor } from "./portal.ts"
import { say, stampOf } from "./say.ts"

/** A tenant with a PBX. `look`: the words of one of its pages. */
export async function openTenant(portal: TestPortal) {
  const { id, path } = await makeTenant(portal)
  const make = async (what: string, body: object) => {
    const made = await portal.call(`POST ${path}/${what}`, { body })
    assert.equal(made.status, 201, made.text)
    return made.body
  }
  const { token } = await make("sources", { name: "PBX" })
  const visitor: Visitor = await portal.signIn()
  const get = async (page: string) => {
    const { status, text } = await visitor.get(`/portal/${id}${page}`)
    assert.equal(status, 200)
    return text
  }
  const tell = (kind: "Campaign" | "Plan", uuid: string) =>
    say(portal, token, [
      ["Event", `Out${kind}Create`],
      ["Uuid", uuid],
      ["Name", "spring"],
      ["TmCreate", stampOf(Date.now())],
    ])
  const look = async (page: string) => words(/<main[^]*<\/main>/.exec(await get(page))![0])
  return { id, path, token, visitor, make, get, look, tell }
}
