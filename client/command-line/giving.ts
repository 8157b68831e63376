// Rules: test/client/command-line/examples.test.ts
import { type Command, InvalidArgumentError, Option } from 'commander'
import { givePermit, listPermits, revokePermit, showPermit } from '../giving/permits.ts'
import { endStandIn, listGroups, listStandIns, nameStandIn } from '../giving/stand-ins.ts'
import type { Frame } from './frame.ts'

const whole = (typed: string): number => {
  if (/^[1-9]\d{0,3}$/.test(typed)) return Number(typed)
  throw new InvalidArgumentError('It is a whole number, at least 1.')
}
const limit = () => new Option('--limit <n>', 'the most to list').argParser(whole).default(50)

/** The verbs by which people give a right of theirs: standing permits, stand-ins; and show groups. */
export function addGivingVerbs(program: Command, { verb, act }: Frame): void {
  const permits = verb(program, 'permits', 'standing permits').enablePositionalOptions()
  permits.addOption(limit()).action(act(listPermits))
  verb(permits, 'list', 'standing permits, newest first').addOption(limit()).action(act(listPermits))
  verb(permits, 'show', 'one standing permit').argument('<id>', 'the standing permit').action(act(showPermit))
  verb(permits, 'give', 'let the agent of a request that you approved do the same, or the like, a few more times')
    .argument('<id>', 'the request')
    .addOption(new Option('--uses <n>', 'how many more').argParser(whole).default(5))
    .option('--for <span>', 'for how long, such as 30m or 4h; at most a day', '4h')
    .option(
      '--set <name=value...>',
      'cover asks of a shape: a value, a text with one `*`, or `{"min":1,"max":5}`; other arguments stay as approved',
    )
    .option('--yes', 'give it without asking first', false)
    .action(act(givePermit))
  verb(permits, 'revoke', 'revoke a standing permit, with every grant that was drawn from it')
    .argument('<id>', 'the standing permit')
    .action(act(revokePermit))
  const standIns = verb(program, 'stand-ins', 'who decides for people who are away').enablePositionalOptions()
  standIns.addOption(limit()).action(act(listStandIns))
  verb(standIns, 'list', 'stand-ins, newest first').addOption(limit()).action(act(listStandIns))
  verb(standIns, 'name', 'name the person who decides for you while you are away')
    .argument('<person>', 'the person, such as person:ben')
    .requiredOption('--until <time>', 'the end: RFC 3339, or a span such as 7d')
    .option('--from <time>', 'the start, in the same forms; now if left out')
    .action(act(nameStandIn))
  verb(standIns, 'end', 'end a stand-in').argument('<id>', 'the stand-in').action(act(endStandIn))
  verb(program, 'groups', 'the groups, and who is in them now').argument('[name]', 'one group').action(act(listGroups))
}
