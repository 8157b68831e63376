// Rules: test/client/command-line/examples.test.ts
import { Argument, type Command, InvalidArgumentError, Option } from 'commander'
import { end, review, vouch } from '../break-glass/conclude.ts'
import type { Context } from '../break-glass/context.ts'
import { call, claim, credentials } from '../break-glass/credentials.ts'
import { KeptOpenings } from '../break-glass/kept-openings.ts'
import { list, status } from '../break-glass/show.ts'
import { type StartTyped, start } from '../break-glass/start.ts'
import { Journal } from '../journal/journal.ts'
import type { Exit } from '../outcome.ts'
import type { Frame } from './frame.ts'

export function addBreakGlassVerbs(program: Command, frame: Frame): void {
  const group = program
    .command('break-glass')
    .description('Open at once, without approval, for minutes. The approvers are told, and another person reviews it.')
  const verb = (name: string, description: string): Command => frame.verb(group, name, description)
  const act = <T>(run: (typed: T, context: Context) => Promise<Exit>) =>
    frame.act<T>((typed, context) => {
      const kept = new KeptOpenings(new Journal(context.surroundings), context.api.url)
      return run(typed, { ...context, kept })
    })

  const opening = (name: string, drill: boolean, description: string): void => {
    withWhat(verb(name, description))
      .requiredOption('--reason <text>', 'what is wrong, and what you are going to do')
      .requiredOption('--incident <id>', 'the incident, such as INC-2041')
      .requiredOption('--minutes <n>', 'for how long, 60 at most', minutes)
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
    .action(act(review))
  withWhat(verb('vouch', 'let a person open though their earlier opening is not reviewed yet; good for ten minutes'))
    .requiredOption('--person <id>', 'the person, such as person:jade')
    .action(act(vouch))
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
