import type { Command } from "commander"

/** What may follow in one place of a command line: after `endpoints`, say. */
type Place = { path: string[]; words: { word: string; does: string }[] }

/** Each place that the commands of the program have. */
function placesOf(command: Command, path: string[] = []): Place[] {
  const commands = command.commands.map((each) => ({
    word: each.name(),
    does: each.summary() || each.description(),
  }))
  const options = command.options.map(({ long, description }) => ({
    word: long ?? "",
    does: description,
  }))
  const inner = command.commands.flatMap((each) => placesOf(each, [...path, each.name()]))
  return [{ path, words: [...commands, ...options, { word: "--help", does: "help" }] }, ...inner]
}

export const shells = ["bash", "zsh", "fish"]

/** A script that completes `ringback` in that shell: nothing is run, and nobody asked, while one types. */
export const completionScript = (program: Command, shell: string): string =>
  shell === "fish" ? fish(placesOf(program)) : bash(placesOf(program), shell === "zsh")

function bash(places: Place[], isZsh: boolean): string {
  const paths = places
    .filter(({ path }) => path.length > 0)
    .map(({ path }) => `"/${path.join("/")}"`)
  const cases = places.map(
    ({ path, words }) =>
      `    "${path.map((word) => `/${word}`).join("")}") words="${words.map(({ word }) => word).join(" ")}" ;;`,
  )
  return [
    ...(isZsh ? ["autoload -U +X bashcompinit && bashcompinit"] : []),
    "_ringback() {",
    "  local path= word words",
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    '    case "$path/$word" in',
    `      ${paths.join("|")}) path="$path/$word" ;;`,
    "    esac",
    "  done",
    '  case "$path" in',
    ...cases,
    "  esac",
    '  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))',
    "}",
    "complete -o default -F _ringback ringback",
  ].join("\n")
}

// Of names that several groups have (`list`), the group is looked for as well.
function fish(places: Place[]): string {
  const firsts = places[0]!.words.map(({ word }) => word).filter((word) => !word.startsWith("-"))
  const lines = places.flatMap(({ path, words }) => {
    const seen = path.map((word) => `__fish_seen_subcommand_from ${word}`)
    const isFirst = path.length === 0
    const condition = isFirst
      ? `not __fish_seen_subcommand_from ${firsts.join(" ")}`
      : seen.join("; and ")
    return words.map(({ word, does }) => {
      const what = word.startsWith("--") ? `-l ${word.slice(2)}` : `-a ${word}`
      // Global options may stand anywhere.
      const where = isFirst && word.startsWith("--") ? "" : ` -n '${condition}'`
      return `complete -c ringback${where} ${what} -d '${does.replaceAll("'", "\\'")}'`
    })
  })
  return ["complete -c ringback -f", ...lines].join("\n")
}
