// Rules: test/client/command-line/examples.test.ts
import { Argument, type Command, Option } from 'commander'
import { listAgents, recertify, showAgent } from '../agents/agents.ts'
import { guardrail, longest } from '../agents/guardrail.ts'
import { inventory } from '../agents/inventory.ts'
import { unknown } from '../agents/unknown.ts'
import { usage } from '../agents/usage.ts'
import type { Frame } from './frame.ts'

/** The verbs about agents, for people. */
export function addAgentsVerbs(program: Command, { verb, act }: Frame): void {
  // With this, options after a subverb belong to the subverb.
  const agents = verb(program, 'agents', 'the agents that are registered').enablePositionalOptions()
  agents
    .option('--owner <person>', 'only the agents for which this person answers, as owner or backup owner')
    .action(act(listAgents))
  verb(
    agents,
    'show',
    'one agent in full; for a person, a group, a profile or a sealed role, the evidence to recertify it',
  )
    .argument('<id>', 'agent:NAME, person:NAME, group:NAME, profile:NAME or sealed:ACCOUNT')
    .action(act(showAgent))
  verb(
    agents,
    'recertify',
    'confirm that an agent, a person, a group, a profile or the names of a sealed role may go on',
  )
    .argument('<id>', 'agent:NAME, person:NAME, group:NAME, profile:NAME or sealed:ACCOUNT')
    .requiredOption('--evidence <digest>', 'the digest of the evidence that you read: the last line of `agents show`')
    .requiredOption('--reason <text>', 'the reason; it stays on record')
    .option('--retire', 'answer no: the agent loses everything at once, and does not come back')
    .action(act(recertify))
  verb(agents, 'inventory', 'list the agents, and the actions that their hosts already allow without a permit')
    .addArgument(new Argument('[id]', 'show one agent; Hotwork reads its host now'))
    .option('--picture <file>', 'also save it as an SVG picture, with the map of who may do and read what')
    .addOption(
      new Option('--fold <rows>', 'the rows of the map; by owner if there are many agents').choices([
        'none',
        'owner',
        'host',
      ]),
    )
    .action(act(inventory))
  verb(agents, 'unknown', 'callers whose tokens verify and that belong to no agent')
    .option('--roles', 'instead, roles in the accounts that trust an agent platform and belong to no agent')
    .action(act(unknown))
  verb(agents, 'usage', 'what an agent used of what it was given, and narrower entries that would have been enough')
    .argument('<id>', 'the agent')
    .option('--since <time>', '30 days if left out: RFC 3339, or a span such as 7d')
    .option('--policies <folder>', 'the policies; they stay as they are')
    .option('--out <folder>', 'a new folder, with a copy of them that has the narrower entries')
    .action(act(usage))
  verb(
    agents,
    'guardrail',
    "print a policy that denies the catalogue's actions, for the roles that an agent's host reaches",
  )
    .addArgument(new Argument('<id>', 'the agent'))
    .addOption(
      new Option('--form <form>', 'an inline policy of each role, a permissions boundary, or a service control policy')
        .choices(Object.keys(longest))
        .default('policy'),
    )
    .option('--check', 'look at the host, and say whether the guardrail is attached')
    .action(act(guardrail))
}
