// Rules: test/client/command-line/examples.test.ts
import type { Command } from 'commander'
import { accept, change, listRegistry, register, retire, showEntry, transfer } from '../agents/registry.ts'
import type { Frame } from './frame.ts'

/** The verbs by which people change the registry of agents. Other people decide on each change. */
export function addRegistryVerbs(program: Command, { verb, act }: Frame): void {
  const registry = verb(program, 'registry', 'the agents that people change without a deployment')
  registry.enablePositionalOptions().action(act(listRegistry))
  verb(registry, 'list', 'the entries of the registry, and its version').action(act(listRegistry))
  verb(registry, 'show', 'one entry of the registry').argument('<id>', 'the agent').action(act(showEntry))
  const asking = (name: string, description: string) =>
    verb(registry, name, description).requiredOption('--reason <text>', 'the reason; it stays on record')
  asking('register', 'ask for a new agent')
    .argument('<file>', 'its entry as in agents.json; - for standard input')
    .action(act(register))
  asking('change', 'ask to change members of an entry')
    .argument('<id>', 'the agent')
    .requiredOption('--set <member=value...>', 'a member and its new value, as JSON or text; `null` removes it')
    .action(act(change))
  asking('transfer', 'ask to give an agent to another owner, who accepts it first')
    .argument('<id>', 'the agent')
    .requiredOption('--to <person>', 'the new owner, such as person:ben')
    .option('--backup <person>', 'the new backup owner')
    .action(act(transfer))
  asking('retire', 'ask to end an agent for good').argument('<id>', 'the agent').action(act(retire))
  verb(registry, 'accept', 'accept an agent that is transferred to you')
    .argument('<id>', 'the request')
    .action(act(accept))
}
