import { Argument, type Command } from 'commander'
import { guardrail, inventory } from '../agents/inventory.ts'
import type { Frame } from './frame.ts'

/** What people do with agents. */
export function addAgentsVerbs(program: Command, { verb, act }: Frame): void {
  const agents = program.command('agents').description('Agents: where they run, and what they could do without asking.')
  verb(agents, 'inventory', 'which agents there are, and whose host could do without asking what it asks for')
    .addArgument(new Argument('[id]', 'one agent, whose host is looked at now'))
    .option('--picture <file>', 'save it as a picture too, in SVG')
    .action(act(inventory))
  verb(agents, 'guardrail', "a policy for the role on which an agent runs: it denies what the catalogue's actions do")
    .addArgument(new Argument('<id>', 'the agent'))
    .action(act(guardrail))
}
