import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { Api } from './api.ts'
import { end, review, vouch } from './break-glass/conclude.ts'
import type { Context } from './break-glass/context.ts'
import { call, claim, credentials } from './break-glass/credentials.ts'
import { list, status } from './break-glass/show.ts'
import { type StartTyped, start } from './break-glass/start.ts'
import { KeptOpenings } from './kept-openings.ts'
import { type Exit, exits, Fault, Refusal, Trouble } from './outcome.ts'
import { lines } from './screen.ts'
import { readSettings } from './settings.ts'
import type { Surroundings } from './surroundings.ts'

export async function run(typed: readonly string[], surroundings: Surroundings): Promise<Exit> {
  // Standard output of `credentials` is for AWS's tools: nothing else may be printed there.
  const json = typed.includes('--json') && !typed.includes('credentials')
  let exit: Exit = exits.done
  try {
    await commandLine(surroundings, (done) => {
      exit = done
    }).parseAsync(typed, { from: 'user' })
    return exit
  } catch (cause) {
    const ofCommander = cause instanceof CommanderError
    if (ofCommander && cause.exitCode === 0) return exits.done
    const { exit, told } = troubleOf(cause)
    const { code, title, detail } = told
    const suffix = ['usage', 'fault'].includes(code) ? '' : ` (${code})`
    if (json) surroundings.out(`${JSON.stringify({ error: code, title, detail, exit }, null, 2)}\n`)
    else if (!ofCommander)
      surroundings.err(lines(`hotwork: ${title}${suffix}`, ...(detail === undefined ? [] : [`  ${detail}`])))
    return exit
  }
}

function troubleOf(cause: unknown): Trouble {
  if (cause instanceof Trouble) return cause
  if (cause instanceof CommanderError)
    return new Refusal(exits.usage, { code: 'usage', title: cause.message.replace(/^error: /, '') })
  const words = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
  return new Fault({ code: 'fault', title: `hotwork itself failed (${words})` })
}

function commandLine(surroundings: Surroundings, done: (exit: Exit) => void): Command {
  const program = new Command('hotwork')
    .description('The permit desk, from a terminal.')
    .exitOverride()
    .configureOutput({ writeOut: surroundings.out, writeErr: surroundings.err })
    .showHelpAfterError('(`npx hotwork break-glass VERB --help` says what there is, with an example)')
    .addHelpText('after', afterwards)
  const breakGlass = program
    .command('break-glass')
    .description('Open at once, without approval, for minutes. The approvers are told, and another person reviews it.')

  const verb = (name: string, description: string): Command =>
    breakGlass
      .command(name)
      .description(description)
      .addOption(new Option('--api <url>', 'which Hotwork; else HOTWORK_API, else the local stack'))
      .addOption(new Option('--as <person>', 'on the local stack: the person, such as person:jade; else HOTWORK_AS'))
      .option('--json', 'print the result as JSON', false)

  const act =
    <T>(run: (typed: T, context: Context) => Promise<Exit>) =>
    async (...given: unknown[]): Promise<void> => {
      const [id, typed] = [
        given.length > 2 ? given[0] : undefined,
        given.at(-2) as { api?: string; as?: string; json: boolean } & T,
      ]
      const settings = readSettings(typed, surroundings)
      const api = new Api(settings.apiUrl, settings.login, surroundings)
      const context = { api, settings, kept: new KeptOpenings(surroundings), surroundings, json: typed.json }
      done(await run({ ...typed, id }, context))
    }

  const opening = (name: string, drill: boolean, description: string): void => {
    withWhat(verb(name, description))
      .requiredOption('--reason <text>', 'what is wrong, and what you are going to do')
      .requiredOption('--incident <id>', 'the incident, such as INC-2041')
      .requiredOption('--minutes <n>', 'for how long, 60 at most', minutes)
      .addHelpText('after', example(`${name} ${sampleOpening}`))
      .action(act<Omit<StartTyped, 'drill'>>((typed, context) => start({ ...typed, drill }, context)))
  }
  opening('start', false, 'open now')
  opening('drill', true, 'practise: the same steps, messages and timers, with credentials that can do nothing')

  const id = new Argument('[id]', 'the opening; may be left out where this machine has only one')
  verb('end', 'end it now: every credential of it is dead').addArgument(id).action(act(end))
  verb('status', 'one opening as it is now').addArgument(id).action(act(status))
  verb('credentials', 'its AWS credentials, as `credential_process` in ~/.aws/config takes them')
    .addArgument(id)
    .option('--setup', 'print what to put into ~/.aws/config, and no credentials', false)
    .action(act(credentials))
  verb('call', 'where Hotwork makes the one call itself: have it made, and print what AWS answered')
    .addArgument(id)
    .action(act(call))
  verb('claim', 'take up what you opened on a page: its key is on this machine from then on')
    .argument('<id>', 'the opening')
    .action(act(claim))
  verb('list', 'all openings, the reviews that are due, and the minutes left').action(
    act((_, context) => list(context)),
  )
  verb('review', "say whether another person's opening was justified")
    .argument('<id>', 'the opening')
    .addOption(new Option('--outcome <outcome>').choices(['justified', 'not_justified']).makeOptionMandatory())
    .requiredOption('--note <text>', 'what you looked at, and what follows from it')
    .addHelpText(
      'after',
      example("review bgl_... --outcome justified --note 'read each call: only the timeout was set'"),
    )
    .action(act(review))
  withWhat(verb('vouch', 'let a person open though their earlier opening is not reviewed yet'))
    .requiredOption('--person <id>', 'the person, such as person:jade')
    .addHelpText(
      'after',
      example('vouch --person person:jade --profile checkout-recovery', 'Example, good for ten minutes'),
    )
    .action(act(vouch))
  return program
}

const withWhat = (command: Command): Command =>
  command
    .option('--profile <name>', 'a profile of break-glass.json')
    .option('--action <name>', 'or one action of the catalogue')
    .option('--arguments <json>', 'what the action is called with, as JSON or @FILE')
    .option('--resource <type-and-id...>', 'the resource, to be compared with what the arguments say')

function minutes(typed: string): number {
  if (/^[1-9]\d?$/.test(typed) && Number(typed) <= 60) return Number(typed)
  throw new InvalidArgumentError('It is a whole number from 1 to 60.')
}

const sampleOpening = `--profile checkout-recovery --incident INC-2041 --minutes 30 \\
    --reason 'checkout refuses payments since the deploy, putting the timeout back'`
const example = (words: string, title = 'Example'): string => `\n${title}:\n  npx hotwork break-glass ${words}\n`

const afterwards = `
Exit codes: 0 done; 2 wrong usage; 3 too early; 4 refused; 5 expired; 6 ended before its time; 1 something failed.
A token of yours in HOTWORK_TOKEN is used as it is; otherwise you log in with your browser. docs/command-line.md says more.
`
