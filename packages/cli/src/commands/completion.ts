import { Argument, type Command } from "commander"
import { completionScript, shells } from "../completion.ts"
import type { Terminal } from "../terminal.ts"

export function addCompletion(program: Command, terminal: Terminal): void {
  program
    .command("completion")
    .summary("print a completion script for your shell")
    .description("Prints a shell script that completes commands and options.")
    .addArgument(new Argument("<shell>", "the shell").choices(shells))
    .addHelpText(
      "after",
      `
Examples:
  bash  source <(ringback completion bash)                 in ~/.bashrc
  zsh   source <(ringback completion zsh)                  in ~/.zshrc, after compinit
  fish  ringback completion fish > ~/.config/fish/completions/ringback.fish`,
    )
    .action((shell: string) => terminal.print(completionScript(program, shell)))
}
