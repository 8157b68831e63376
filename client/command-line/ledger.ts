// Rules: test/client/command-line/examples.test.ts
import { type Command, Option } from 'commander'
import { exportLedger, formats } from '../ledger/export.ts'
import type { Frame } from './frame.ts'

/** The verbs of the ledger, for auditors. */
export function addLedgerVerbs(program: Command, { verb, act }: Frame): void {
  const ledger = program.command('ledger').description('The record: all entries, of requests and of everything else.')
  verb(ledger, 'export', 'entries of all records, oldest first')
    .option('--since <time>', 'the start of the time span: RFC 3339, or a span such as 2h or 7d')
    .option('--until <time>', 'the end of the time span, in the same forms')
    .option('--agent <id>', 'entries by this agent, and those that name it')
    .option('--person <id>', 'entries by this person, and those that name them')
    .option('--tool <id>', 'entries by this tool')
    .option('--task <id>', 'entries for this parent task, such as INC-1042')
    .option('--resource <id>', 'entries on this resource, by its full id')
    .option('--action <name>', 'entries of this action')
    .option('--type <type>', 'entries of this type, such as Decided')
    .addOption(
      new Option('--format <format>', 'the format; each has one entry a line').choices(formats).default('ndjson'),
    )
    .option('--out <file>', 'a new file; default standard output')
    .action(act(exportLedger))
}
