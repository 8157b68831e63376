// Rules: test/client/command-line/examples.test.ts
import { type Command, Option } from 'commander'
import { exportLedger, formats } from '../ledger/export.ts'
import type { Frame } from './frame.ts'

/** The verbs of the ledger, for auditors. */
export function addLedgerVerbs(program: Command, { verb, act }: Frame): void {
  const ledger = program.command('ledger').description('The record: every entry of every request, and of all else.')
  verb(ledger, 'export', 'entries of all records, oldest first')
    .option('--since <time>', 'from then on: RFC 3339, or a span such as 2h or 7d')
    .option('--until <time>', 'before then: the same')
    .option('--agent <id>', 'what it did, asked for and was refused, and what names it')
    .option('--person <id>', 'what they did, and what names them')
    .option('--tool <id>', 'what it did, and was refused')
    .option('--task <id>', 'for this parent task, such as INC-1042')
    .option('--resource <id>', 'on this resource, by its whole id')
    .option('--action <name>', 'of this action')
    .option('--type <type>', 'of this type, such as Decided')
    .addOption(new Option('--format <format>', 'one entry a line in each').choices(formats).default('ndjson'))
    .option('--out <file>', 'a new file; else standard output')
    .action(act(exportLedger))
}
