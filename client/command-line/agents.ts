// Rules: test/client/command-line/examples.test.ts
import { Argument, type Command } from 'commander'
import { listAgents, recertify, showAgent } from '../agents/agents.ts'
import { guardrail, inventory } from '../agents/inventory.ts'
import type { Frame } from './frame.ts'

/** The verbs about agents, for people. */
export function addAgentsVerbs(program: Command, { verb, act }: Frame): void {
  // With this, options after a subverb belong to the subverb.
  const agents = verb(program, 'agents', 'the agents that are registered').enablePositionalOptions()
  agents.action(act(listAgents))
  verb(agents, 'show', 'all that is known of one agent; of another subject, the evidence to recertify it by')
    .argument('<id>', 'agent:NAME, person:NAME, group:NAME or sealed:ACCOUNT')
    .action(act(showAgent))
  verb(agents, 'recertify', 'say that an agent may go on; also a person, a group or the names of a sealed role')
    .argument('<id>', 'agent:NAME, person:NAME, group:NAME or sealed:ACCOUNT')
    .requiredOption('--evidence <digest>', 'the evidence that you read, as `agents show` ends with it')
    .requiredOption('--reason <text>', 'why; it stays on record')
    .action(act(recertify))
  verb(agents, 'inventory', 'which agents there are, and whose host could do without asking what it asks for')
    .addArgument(new Argument('[id]', 'one agent, whose host is looked at now'))
    .option('--picture <file>', 'save it as a picture too, in SVG')
    .action(act(inventory))
  verb(agents, 'guardrail', "a policy for the role on which an agent runs: it denies what the catalogue's actions do")
    .addArgument(new Argument('<id>', 'the agent'))
    .action(act(guardrail))
}
