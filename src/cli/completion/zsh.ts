import { definitionOf, type OptionName } from "../../config/options.ts";
import type { Command } from "../command.ts";
import { flagNames, hasPath, isSwitch, valueWord } from "../flag-forms.ts";

/** A completion script for zsh, to be evaluated or put into `fpath` as `_bg-pipe`. */
export function zshCompletion(commands: readonly Command[]): string {
  return `#compdef bg-pipe
_bg-pipe() {
  local context state state_descr line
  typeset -A opt_args
  _arguments -C '(- *)--help[Show help]' '(- *)--version[Show the version]' '1:command:->command' '*::argument:->argument'
  case $state in
    command)
      local -a commands=(
${commands.map(({ name, summary }) => `        ${quote(`${name}:${summary}`)}`).join("\n")}
      )
      _describe command commands ;;
    argument)
      case $words[1] in
${commands.map(commandCase).join("\n")}
      esac ;;
  esac
}
if [[ $funcstack[1] == _bg-pipe ]]; then _bg-pipe "$@"; else compdef _bg-pipe bg-pipe; fi
`;
}

function commandCase({ name, options, words }: Command): string {
  const flags = options.filter((option) => !definitionOf(option).fileOnly).flatMap(flagSpecifications);
  const operands = words === undefined ? "*:file:_files" : `1:action:(${words.join(" ")})`;
  const lines = [...flags, "--help[Show help]", operands].map((line) => `          ${quote(line)}`);
  return `        ${name}) _arguments \\\n${lines.join(" \\\n")} ;;`;
}

function flagSpecifications(name: OptionName): string[] {
  const definition = definitionOf(name);
  const summary = `[${definition.summary.replace(/[[\]\\:]/g, "\\$&")}]`;
  if (isSwitch(name)) return flagNames(name).map((flag) => `${flag}${summary}`);
  const message = valueWord(definition).replaceAll(":", "\\:");
  const action = definition.choices ? `(${definition.choices.join(" ")})` : hasPath(name) ? "_files" : "";
  const repeat = definition.type === "json-map" || definition.type === "list" ? "*" : "";
  return flagNames(name).map(
    (flag) => `${repeat}${flag}${flag.startsWith("--") ? "=" : "+"}${summary}:${message}:${action}`,
  );
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
