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
      .requiredOption('--reason <text>', 'the problem, and your next steps')
      .requiredOption('--incident <id>', 'the incident, such as INC-2041')
      .requiredOption('--minutes <n>', 'the length, at most 60', minutes)
      .action(act<Omit<StartTyped, 'drill'>>((typed, context) => start({ ...typed, drill }, context)))
  }
  opening('start', false, 'open now')
  opening('drill', true, 'practise: the same steps, messages and timers, with credentials that can do nothing')

  const id = new Argument('[id]', 'the opening; optional if this machine has only one')
  verb('end', 'end an opening and all its credentials now').addArgument(id).action(act(end))
  verb('status', 'the present state of one opening').addArgument(id).action(act(status))
  verb('credentials', 'its AWS credentials, as `credential_process` in ~/.aws/config takes them')
    .addArgument(id)
    .option('--setup', 'print the lines for ~/.aws/config, and no credentials', false)
    .action(act(credentials))
  verb('call', "for a mediated action: have Hotwork make the one call, and print AWS's answer")
    .addArgument(id)
    .action(act(call))
  verb('claim', 'take up an opening that you began on a page; its key is then on this machine')
    .argument('<id>', 'the opening')
    .action(act(claim))
  verb('list', 'all openings, the reviews that are due, and the minutes left').action(
    act((_, context) => list(context)),
  )
  verb('review', "say whether another person's opening was justified")
    .argument('<id>', 'the opening')
    .addOption(new Option('--outcome <outcome>').choices(['justified', 'not_justified']).makeOptionMandatory())
    .requiredOption('--note <text>', 'the evidence that you looked at, and your conclusion')
    .action(act(review))
  withWhat(verb('vouch', 'let a person open before their earlier opening is reviewed; good for ten minutes'))
    .requiredOption('--person <id>', 'the person, such as person:jade')
    .action(act(vouch))
}

const withWhat = (command: Command): Command =>
  command
    .option('--profile <name>', 'a profile of break-glass.json')
    .option('--action <name>', 'or one action of the catalogue')
    .option('--arguments <json>', 'the arguments of the action, as JSON or @FILE')
    .option('--resource <type-and-id...>', 'the resource, to compare with the one that the arguments name')

function minutes(typed: string): number {
  if (/^[1-9]\d?$/.test(typed) && Number(typed) <= 60) return Number(typed)
  throw new InvalidArgumentError('It is a whole number from 1 to 60.')
}
