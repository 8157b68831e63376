import { Argument, type Command, type Option } from 'commander'
import type { Surroundings } from '../surroundings.ts'
import { helpOf } from './frame.ts'

/**
 * Our own shell scripts, instead of a library (docs/adr/0027-in-reach.md). If they offer nothing, the shell offers
 * files.
 */
const scripts = {
  bash: `_hotwork() {
  local IFS=$'\\n'
  COMPREPLY=($(hotwork __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f 1))
}
complete -o default -F _hotwork hotwork
`,
  zsh: `#compdef hotwork
_hotwork() {
  local -a found
  found=("\${(@f)$(hotwork __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n $found[1] ]]; then
    found=("\${(@)found/$'\t'/:}")
    _describe hotwork found
  else
    _files
  fi
}
compdef _hotwork hotwork
`,
}
type Shell = keyof typeof scripts

export function addCompletionVerb(program: Command, surroundings: Surroundings): void {
  program
    .command('completion')
    .description(
      'print a script that has your shell complete `hotwork`, where that is on your PATH: verbs, options and their values',
    )
    .addArgument(new Argument('<shell>', 'your shell').choices(Object.keys(scripts)))
    .addHelpText('after', () => helpOf('completion', surroundings))
    .action((shell: Shell) => surroundings.out(scripts[shell]))
}

/** One line for each word that can replace the last of `words`: the word, a tab, its description. */
export function completions(program: Command, words: readonly string[]): string {
  // Bash splits `--status=pending` into three words.
  const given = words.filter((word, index) => word !== '=' || index === words.length - 1)
  const current = given.pop()?.replace(/^=$/, '') ?? ''
  // Words after `--` are another program's.
  if (given.includes('--')) return ''
  return candidates(placeOf(program, given), current)
    .map(([word, what]) => `${word}\t${what.replaceAll(/\s+/g, ' ')}\n`)
    .join('')
}

type Place = { command: Command; position: number; option: Option | undefined }
type Candidate = readonly [word: string, what: string]

function placeOf(program: Command, given: readonly string[]): Place {
  const place: Place = { command: program, position: 0, option: undefined }
  for (const word of given) {
    const isValue = place.option !== undefined
    place.option = undefined
    if (isValue) continue
    if (word.startsWith('-')) {
      const option = findOption(place.command, word)
      place.option = option?.required ? option : undefined
      continue
    }
    const next = place.position === 0 && place.command.commands.find((each) => each.name() === word)
    if (next) place.command = next
    else place.position += 1
  }
  return place
}

function candidates({ command, position, option }: Place, current: string): Candidate[] {
  const help = command.createHelp()
  const [, flag = '', part = ''] = /^(--[\w-]+)=(.*)$/.exec(current) ?? []
  const asked = option ?? (flag === '' ? undefined : findOption(command, flag))
  if (asked) {
    const begun = option ? current : part
    const words = (asked.argChoices ?? []).filter((choice) => choice.startsWith(begun))
    return words.map((choice) => [option ? choice : `${flag}=${choice}`, ''])
  }
  const all: Candidate[] = current.startsWith('-')
    ? help.visibleOptions(command).map((each) => [each.long ?? each.short ?? '', each.description])
    : [
        ...(position === 0
          ? help.visibleCommands(command).map((each) => [each.name(), each.description()] as const)
          : []),
        ...(command.registeredArguments[position]?.argChoices ?? []).map((choice) => [choice, ''] as const),
      ]
  return all.filter(([word]) => word.startsWith(current))
}

const findOption = (command: Command, word: string): Option | undefined =>
  command.options.find((each) => each.long === word || each.short === word)
