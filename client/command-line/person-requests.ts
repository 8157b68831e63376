// Rules: test/client/command-line/examples.test.ts
import { Argument, type Command, InvalidArgumentError, Option } from 'commander'
import { halt, halts, lift } from '../halts/halts.ts'
import { askColleague, question } from '../requests/ask-back.ts'
import { approve, deny, narrow, revise, revoke } from '../requests/decide.ts'
import { list, show } from '../requests/show.ts'
import type { Frame } from './frame.ts'

const statuses = ['pending', 'approved', 'denied', 'withdrawn', 'expired', 'completed', 'revoked']
const id = new Argument('<id>', 'the request, such as req_...')
const whole = (typed: string): number => {
  if (/^[1-9]\d{0,5}$/.test(typed)) return Number(typed)
  throw new InvalidArgumentError('It is a whole number, at least 1.')
}
const wholes = (typed: string, before: readonly number[] = []): readonly number[] => [...before, whole(typed)]
const limit = () => new Option('--limit <n>', 'the most to list').argParser(whole).default(50)
const toAgent = () => new Option('--to-agent <text>', 'your words to the agent, which reads them when it is settled')
const typed = () =>
  new Option('--typed <name>', 'the name of the resource: the last part of its id, where the tier asks for it')
const yes = () => new Option('--yes', 'approve without asking first').default(false)

/** The verbs by which people handle requests. */
export function addPersonRequestVerbs(program: Command, { verb, act }: Frame): void {
  verb(program, 'ls', 'requests, newest first')
    .option('--waiting', 'requests that you could approve now', false)
    .addOption(new Option('--status <status>', 'requests in this status').choices(statuses))
    .option('--agent <id>', 'requests of this agent')
    .option('--owner <id>', "requests of this person's agents")
    .option('--task <id>', 'requests for this parent task, such as INC-1042')
    .option('--resource <id>', 'requests on this resource, by its full id')
    .option('--action <name>', 'requests of this action')
    .option('--since <time>', 'asked since this time: RFC 3339, or a span such as 2h or 7d')
    .option('--until <time>', 'asked before this time, in the same forms')
    .option(
      '--search <words>',
      "words of the action, or of the resource's or task's id; or the start of the request's id",
    )
    .addOption(limit())
    .action(act(list))
  verb(program, 'show', 'one request in full, with its timeline')
    .addArgument(id)
    .option('--picture <file>', 'also save its timeline as an SVG picture')
    .action(act(show))
  verb(program, 'approve', 'approve exactly what is asked')
    .addArgument(id)
    .option('--comment <text>', 'the reason; it stays on record')
    .addOption(toAgent())
    .addOption(typed())
    .addOption(yes())
    .action(act(approve))
  verb(program, 'deny', 'deny it, for good; after approval it ends the grant')
    .addArgument(id)
    .requiredOption('--reason <text>', "the reason; the agent's owner reads it")
    .addOption(toAgent())
    .action(act(deny))
  verb(program, 'revise', 'send it back: the agent is told what to change, and asks again')
    .addArgument(id)
    .addOption(toAgent().makeOptionMandatory())
    .option(
      '--suggest <file>',
      'all arguments as you suggest them, as JSON; of a plan `{ "steps": [{ "step", "arguments" }] }`',
    )
    .option('--comment <text>', 'a reason for people alone; it stays on record')
    .action(act(revise))
  verb(program, 'question', 'ask the agent something before you decide')
    .addArgument(id)
    .argument('<text>', 'the question, which the agent and people read')
    .action(act(question))
  verb(program, 'ask-colleague', 'ask another person who may decide the open stage to look')
    .addArgument(id)
    .argument('<person>', 'the person, such as person:ben')
    .action(act(askColleague))
  verb(program, 'narrow', 'approve less than is asked')
    .addArgument(id)
    .option(
      '--set <name=value...>',
      'a lower value of an argument that the catalogue lets people narrow; JSON or text. In step 2 of a plan: `2.name=value`',
    )
    .addOption(new Option('--strike <n...>', 'a step to strike from a plan').argParser(wholes))
    .option('--uses <n>', 'fewer uses', whole)
    .option('--minutes <n>', 'a shorter time', whole)
    .option('--comment <text>', 'the reason; it stays on record')
    .addOption(toAgent())
    .addOption(typed())
    .addOption(yes())
    .action(act(narrow))
  verb(program, 'revoke', 'end a live grant, or deny a pending request, by your right to revoke')
    .addArgument(id)
    .requiredOption('--reason <text>', 'the reason; it stays on record')
    .action(act(revoke))
}

export function addHaltVerbs(program: Command, { verb, act }: Frame): void {
  verb(program, 'halt', 'declare a halt')
    .argument(
      '<target>',
      'agent:..., person:..., owner=person:..., role=ARN, environment=NAME (a freeze), action=NAME, or all',
    )
    .requiredOption('--reason <text>', 'the reason; it stays on record')
    .option('--until <time>', 'the end of the halt: RFC 3339, or a span such as 30m')
    .action(act(halt))
  verb(program, 'halts', 'list the halts in force')
    .option('--all', 'list ended halts too', false)
    .addOption(limit())
    .action(act(halts))
  verb(program, 'lift', 'end a halt that another person declared').argument('<id>', 'the halt').action(act(lift))
}
