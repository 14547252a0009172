import type { Command } from "commander"

type Word = { word: string; does: string }

/** The words that may follow at one position of a command line, such as after `endpoints`. */
type Place = { path: string[]; words: Word[] }

/** Every position of the program's commands. */
function placesOf(command: Command, path: string[] = []): Place[] {
  const commands = command.commands.map((each) => ({
    word: each.name(),
    does: each.summary() || each.description(),
  }))
  const choices = command.registeredArguments
    .flatMap(({ argChoices = [] }) => argChoices)
    .map((word) => ({ word, does: "" }))
  const options = command.options.map(({ long, description }) => ({
    word: long ?? "",
    does: description,
  }))
  const help = { word: "--help", does: "show help" }
  const inner = command.commands.flatMap((each) => placesOf(each, [...path, each.name()]))
  return [{ path, words: [...commands, ...choices, ...options, help] }, ...inner]
}

/** The values of an option, by its name. */
function choicesOf(command: Command): Map<string, string[]> {
  const own = command.options.flatMap(({ long, argChoices }): [string, string[]][] =>
    long && argChoices ? [[long, argChoices]] : [],
  )
  return new Map([...own, ...command.commands.flatMap((each) => [...choicesOf(each)])])
}

export const shells = ["bash", "zsh", "fish"]

/**
 * A script that completes `ringback` in that shell, without running a program while the user types.
 */
export function completionScript(program: Command, shell: string): string {
  const places = placesOf(program)
  const choices = choicesOf(program)
  return shell === "fish" ? fish(places, choices) : bash(places, choices, shell === "zsh")
}

function bash(places: Place[], choices: Map<string, string[]>, isZsh: boolean): string {
  const at = (path: string[]) => `"${path.map((word) => `/${word}`).join("")}"`
  const line = (pattern: string, words: string[]) => `    ${pattern}) words="${words.join(" ")}" ;;`
  const paths = places.filter(({ path }) => path.length > 0).map(({ path }) => at(path))
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
    ...places.map(({ path, words }) =>
      line(
        at(path),
        words.map(({ word }) => word),
      ),
    ),
    "  esac",
    '  case "${COMP_WORDS[COMP_CWORD-1]}" in',
    ...[...choices].map(([option, values]) => line(option, values)),
    "  esac",
    '  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))',
    "}",
    "complete -o default -F _ringback ringback",
  ].join("\n")
}

function fish(places: Place[], choices: Map<string, string[]>): string {
  const seen = (word: string) => `__fish_seen_subcommand_from ${word}`
  const firsts = places[0]!.words.map(({ word }) => word).filter((word) => !word.startsWith("-"))
  const lines = places.flatMap(({ path, words }) =>
    words.map(({ word, does }) => {
      const isOption = word.startsWith("--")
      const isFirst = path.length === 0
      const condition = isFirst ? `not ${seen(firsts.join(" "))}` : path.map(seen).join("; and ")
      // Global options may be anywhere.
      const where = isFirst && isOption ? "" : ` -n '${condition}'`
      const values = choices.get(word)
      const what = isOption ? `-l ${word.slice(2)}` : `-a ${word}`
      const takes = values === undefined ? "" : ` -x -a '${values.join(" ")}'`
      return `complete -c ringback${where} ${what}${takes} -d '${does.replaceAll("'", "\\'")}'`
    }),
  )
  return ["complete -c ringback -f", ...lines].join("\n")
}
