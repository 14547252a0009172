import { Argument, type Command } from "commander"
import { Failure } from "./failure.ts"

export type Kind = {
  /** The singular noun, with its article. */
  one: string
  prefix: string
}

/** Examples below a command's help, each with a description. */
export function addExamples(command: Command, examples: [line: string, does?: string][]): Command {
  return command.addHelpText("after", () => {
    const root = rootOf(command).name()
    const lines = examples.map(([line, does]) => {
      const text = `  ${root} ${line}`
      return does === undefined ? text : `${text}\n      ${does}`
    })
    return `\nExamples:\n${lines.join("\n")}`
  })
}

const rootOf = (command: Command): Command => (command.parent ? rootOf(command.parent) : command)

/** An id argument of that kind. A mistyped id is reported before any request. */
export function idArgument(name: string, { one, prefix }: Kind): Argument {
  return new Argument(name, `${one}: ${prefix}_...`).argParser((text) => readId(text, one, prefix))
}

/** The same, but optional: without it the command lists all. */
export function optionalId(group: Command, { one, prefix }: Kind): Argument {
  return new Argument("[id]", `${one}: ${prefix}_...`).argParser((text) => {
    if (text.startsWith(`${prefix}_`)) return text
    const names = group.commands.map((command) => command.name()).join(", ")
    const what = `neither the id of ${one} (${prefix}_...) nor a command`
    throw new Failure(`${JSON.stringify(text)} is ${what}. Commands are: ${names}`, 2)
  })
}

export function readId(text: string, one: string, prefix: string): string {
  if (text.startsWith(`${prefix}_`)) return text
  throw new Failure(`${JSON.stringify(text)} is not the id of ${one} (${prefix}_...)`, 2)
}
