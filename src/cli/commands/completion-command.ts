/** `trainyard completion`: prints the completion script of a shell. */
import { Argument, type Command } from 'commander';
import { environment } from '../settings.js';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

/** Scripts that ask `trainyard __complete` for the words. Each line of its answer is `word<TAB>description`. */
const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `_trainyard() {
  local cur words line
  # Bash splits words at = and :, which fields and references contain.
  local typed="\${COMP_LINE:0:$COMP_POINT}"
  read -r -a words <<< "$typed"
  [[ "$typed" == *[[:space:]] ]] && words+=("")
  cur="\${words[\${#words[@]}-1]}"
  # Readline replaces only what follows the last separator.
  local kept="" separators="\${COMP_WORDBREAKS//[^=:]/}"
  if [[ -n "$separators" && "$cur" == *["$separators"]* ]]; then
    kept="\${cur%"\${cur##*["$separators"]}"}"
  fi
  COMPREPLY=()
  while IFS=$'\\t' read -r line _; do
    [[ "$line" == "$cur"* ]] && COMPREPLY+=("\${line#"$kept"}")
  done < <(trainyard __complete -- "\${words[@]:1}" 2>/dev/null)
  if [[ \${#COMPREPLY[@]} -eq 1 && "\${COMPREPLY[0]}" == *= ]]; then compopt -o nospace 2>/dev/null; fi
}
complete -o default -F _trainyard trainyard
`,
  zsh: `#compdef trainyard
_trainyard() {
  local -a found fields described
  local line word
  found=("\${(@f)$(trainyard __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  for line in $found; do
    [[ -z "$line" ]] && continue
    word="\${line%%$'\\t'*}"
    if [[ "$word" == *= ]]; then
      fields+=("\${word//:/\\\\:}:\${line#*$'\\t'}")
    else
      described+=("\${word//:/\\\\:}:\${line#*$'\\t'}")
    fi
  done
  if (( \${#described} + \${#fields} == 0 )); then
    _files
    return
  fi
  # A value follows a field at once, without a space.
  if (( \${#fields} )); then _describe 'field' fields -S ''; fi
  if (( \${#described} )); then _describe 'trainyard' described; fi
}
if [[ "$funcstack[1]" == _trainyard ]]; then _trainyard "$@"; else compdef _trainyard trainyard; fi
`,
  fish: `function __trainyard_complete
  set -l token (commandline -ct)
  set -l words (commandline -opc) $token
  set -l begin '^'(string escape --style=regex -- "$token")
  # Files only if no word fits, as in the other shells.
  set -l found (trainyard __complete -- $words[2..-1] 2>/dev/null | string match -r -e -- $begin)
  if set -q found[1]
    printf '%s\\n' $found
  else
    __fish_complete_path "$token"
  end
end
complete -c trainyard -f -a '(__trainyard_complete)'
`,
};

const HELP = `
Add one line to the start file of your shell:
  bash (~/.bashrc):                   source <(trainyard completion bash)
  zsh (~/.zshrc, after compinit):     source <(trainyard completion zsh)
  fish (~/.config/fish/config.fish):  trainyard completion fish | source`;

export function registerCompletion(program: Command): void {
  program
    .command('completion')
    .summary('print a completion script for a shell')
    .description('Print a script that completes commands, options, fields, job ids, models and data sets.')
    .addArgument(new Argument('[shell]', 'default: the shell in SHELL').choices(SHELLS))
    .addHelpText('after', HELP)
    .action((shell: Shell | undefined, _: object, command: Command) => {
      const own = environment['SHELL']?.split('/').at(-1);
      const name = shell ?? SHELLS.find((each) => each === own) ?? 'bash';
      if (command.optsWithGlobals<{ json?: boolean }>().json)
        process.stdout.write(`${JSON.stringify({ shell: name, script: SCRIPTS[name] })}\n`);
      else process.stdout.write(SCRIPTS[name]);
    });
}
