// Rules: test/client/command-line/examples.test.ts
import { Command, CommanderError, Help, type Option } from 'commander'
import { exits, Fault, Refusal, Trouble } from '../outcome.ts'
import { jsonText, lines } from '../screen.ts'
import { ownPath, type Surroundings } from '../surroundings.ts'
import { addAgentVerbs } from './agent-requests.ts'
import { addAgentsVerbs } from './agents.ts'
import { addBreakGlassVerbs } from './break-glass.ts'
import { addCatalogueVerbs } from './catalogue.ts'
import { addChangesVerbs } from './changes.ts'
import { addCompletionVerb, completions } from './completion.ts'
import { makeFrame } from './frame.ts'
import { addGivingVerbs } from './giving.ts'
import { addHostVerbs } from './hosts.ts'
import { addLedgerVerbs } from './ledger.ts'
import { addLoginVerbs } from './login.ts'
import { addMcpVerbs } from './mcp.ts'
import { addHaltVerbs, addPersonRequestVerbs } from './person-requests.ts'
import { addPolicyVerbs } from './policy.ts'
import { addRecordVerbs } from './record.ts'
import { addRegistryVerbs } from './registry.ts'

/** Runs one command. Returns its exit code: one of `exits`, or that of a program which the command ran. */
export async function run(typed: readonly string[], surroundings: Surroundings): Promise<number> {
  let exit: number = exits.done
  const program = makeProgram(surroundings, (done) => {
    exit = done
  })
  if (typed[0] === '__complete') {
    surroundings.out(completions(program, typed.slice(2)))
    return exits.done
  }
  try {
    await program.parseAsync(typed, { from: 'user' })
    return exit
  } catch (cause) {
    const ofCommander = cause instanceof CommanderError
    if (ofCommander && cause.exitCode === 0) return exits.done
    const { exit, told } = troubleOf(cause)
    const { code, title, detail } = told
    const suffix = ['usage', 'fault'].includes(code) ? '' : ` (${code})`
    if (wantsJson(typed, program)) surroundings.out(jsonText({ error: code, title, detail, exit }))
    else if (!ofCommander)
      surroundings.err(lines(`hotwork: ${title}${suffix}`, ...(detail === undefined ? [] : [`  ${detail}`])))
    return exit
  }
}

/** Standard output of these is for tools of AWS and Kubernetes, so their errors are not printed there as JSON. */
const forTools = ['credentials', 'credential']

function wantsJson(typed: readonly string[], program: Command): boolean {
  let command = program
  for (const word of typed) {
    const next = command.commands.find((each) => each.name() === word)
    if (!next) break
    command = next
  }
  // Words after `--` are another program's.
  const own = typed.includes('--') ? typed.slice(0, typed.indexOf('--')) : typed
  return own.includes('--json') && !forTools.includes(command.name())
}

function troubleOf(cause: unknown): Trouble {
  if (cause instanceof Trouble) return cause
  if (cause instanceof CommanderError)
    return new Refusal(exits.usage, { code: 'usage', title: cause.message.replace(/^error: /, '') })
  const words = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
  return new Fault({ code: 'fault', title: `hotwork itself failed (${words})` })
}

export function makeProgram(surroundings: Surroundings, done: (exit: number) => void): Command {
  const program = new Command('hotwork')
    .description('The permit desk, from a terminal.')
    .version(surroundings.program.version, '--version', 'print the version')
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeOut: surroundings.out, writeErr: surroundings.err })
    .configureHelp({ optionDescription })
    .showHelpAfterError('(`npx --no-install hotwork VERB --help` lists the options, with an example)')
    .addHelpText('after', () => afterwards(ownPath('docs/command-line.md', surroundings)))
  const frame = makeFrame(surroundings, done)
  addLoginVerbs(program, frame)
  addAgentVerbs(program, frame)
  addMcpVerbs(program, frame)
  addHostVerbs(program, frame)
  addPersonRequestVerbs(program, frame)
  addHaltVerbs(program, frame)
  addGivingVerbs(program, frame)
  addAgentsVerbs(program, frame)
  addRegistryVerbs(program, frame)
  addChangesVerbs(program, frame)
  addRecordVerbs(program, frame)
  addBreakGlassVerbs(program, frame)
  addLedgerVerbs(program, frame)
  addPolicyVerbs(program, frame)
  addCatalogueVerbs(program, frame)
  addCompletionVerb(program, surroundings)
  return program
}

/** The default of a flag is obvious; a required option is marked. */
function optionDescription(option: Option): string {
  const words = new Help().optionDescription(option).replace(' (default: false)', '')
  return option.mandatory ? `${words} (must be given)` : words
}

const afterwards = (page: string) => `
Exit codes: 0 done; 2 wrong usage; 3 too early; 4 refused; 5 expired; 6 ended before its time; 1 something failed.
The login is the token in HOTWORK_TOKEN, else the one that "npx --no-install hotwork login" kept, else a new login. See ${page}.
`
