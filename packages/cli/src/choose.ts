import * as v from "valibot"
import type { Api } from "./api.ts"
import { Failure } from "./failure.ts"

const Named = v.looseObject({ id: v.string(), name: v.string() })
type Named = v.InferOutput<typeof Named>

/**
 * The tenant given by id or name; else the tenant of the key; else the only one, or that of `npm
 * start`.
 */
export async function chooseTenant(
  api: Api,
  key: string,
  asked: string | undefined,
): Promise<string> {
  if (asked && /^ten_[0-9a-z]{26}$/.test(asked)) return asked
  const own = /^rbk_([0-9a-z]{26})_/.exec(key)?.[1]
  if (own && !asked) return `ten_${own}`
  const tenants = own
    ? [await api.get(Named, `/tenants/ten_${own}`)]
    : await api.all(Named, "/tenants")
  return choose(tenants, { what: "tenant", option: "--tenant", asked, usual: ["demo", "local"] }).id
}

/**
 * The source given by id or name; else the only one, or that of `npm start`. Creates one if there
 * is none.
 */
export async function chooseSource(
  api: Api,
  tenant: string,
  asked: string | undefined,
  note: (line: string) => void,
): Promise<string> {
  if (asked && /^src_[0-9a-z]{26}$/.test(asked)) return asked
  const path = `/tenants/${tenant}/sources`
  const sources = await api.all(Named, path)
  if (sources.length === 0 && !asked) {
    const made = await api.post(Named, path, { name: "demo" })
    note(`There was no source: ${made.id} (demo) was created.`)
    return made.id
  }
  return choose(sources, { what: "source", option: "--source", asked, usual: ["demo", "local"] }).id
}

type Choice = { what: string; option: string; asked: string | undefined; usual: string[] }

function choose(things: Named[], { what, option, asked, usual }: Choice): Named {
  const isWanted = asked
    ? ({ name }: Named) => name === asked
    : ({ name }: Named) => things.length === 1 || usual.includes(name)
  const found = things.filter(isWanted)
  const [only, ...others] = found
  if (only && others.length === 0) return only
  if (things.length === 0)
    throw new Failure(`There is no ${what} yet: \`${what}s create NAME\` creates one.`)
  const list = things.map(({ id, name }) => `\n  ${id}  ${name}`).join("")
  const reason = asked
    ? `${found.length === 0 ? "No" : "More than one"} ${what} is named ${JSON.stringify(asked)}`
    : `There is more than one ${what}: choose one with ${option} ID`
  throw new Failure(`${reason}. There are:${list}`, 2)
}
