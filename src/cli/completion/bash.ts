import { definitionOf, type OptionName, optionNames } from "../../config/options.ts";
import type { Command } from "../command.ts";
import { flagNames, hasPath, isSwitch } from "../flag-forms.ts";

/** A completion script for bash 3.2 and newer. */
export function bashCompletion(commands: readonly Command[]): string {
  const names = commands.map(({ name }) => name);
  return `# bash completion for bg-pipe
_bg_pipe() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command="" flags="" words="" word
  # bash takes --flag=value for three words
  if [[ $current == "=" ]]; then current=""
  elif [[ $previous == "=" ]]; then previous="\${COMP_WORDS[COMP_CWORD-2]}"
  fi
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in ${names.join("|")}) command="$word"; break ;; esac
  done
  COMPREPLY=()
  case "$previous" in
${valueCases()}
  esac
  case "$command" in
    "") words="${names.join(" ")}" flags="--help --version" ;;
${commands.map(commandCase).join("\n")}
  esac
  if [[ $current == -* ]]; then COMPREPLY=($(compgen -W "$flags" -- "$current"))
  elif [[ -n $words ]]; then COMPREPLY=($(compgen -W "$words" -- "$current"))
  else COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -o filenames -F _bg_pipe bg-pipe
`;
}

/** What follows a flag: its choices, files, or nothing that could be guessed. */
function valueCases(): string {
  return optionNames
    .filter((name) => !definitionOf(name).fileOnly && !isSwitch(name))
    .map((name) => `    ${flagNames(name).join("|")}) ${replyFor(name)}; return ;;`)
    .join("\n");
}

function replyFor(name: OptionName): string {
  const { choices } = definitionOf(name);
  if (choices !== undefined) return `COMPREPLY=($(compgen -W "${choices.join(" ")}" -- "$current"))`;
  return hasPath(name) ? 'COMPREPLY=($(compgen -f -- "$current"))' : ":";
}

function commandCase({ name, options, words = [] }: Command): string {
  const flags = options.filter((option) => !definitionOf(option).fileOnly).map((option) => `--${option}`);
  return `    ${name}) words="${words.join(" ")}" flags="${[...flags, "--help"].join(" ")}" ;;`;
}
