import { always, ineligible, on, type Rule, unfilled } from './rule.ts'
import type { Scenario } from './scenarios.ts'
import type { Step } from './search.ts'
import { absentFor, answerIn, entryIn, type World } from './world.ts'

/** The people whose right a change gives, moves or leaves, and the person who asks: read from the ask alone. */
function gainers({ ask: { agent, change, arguments: args } }: Scenario): readonly unknown[] {
  const { owner, backupOwner } = change?.before ?? {}
  return change ? [agent.id, owner, backupOwner, args['owner'], args['backupOwner']].filter(Boolean) : []
}

/** Whether the agent has other identities, another owner or autonomy, or is retired, since its request. */
function hasMoved(scenario: Scenario, world: World): boolean {
  const [then, now] = [entryIn(scenario, { version: 0 }), entryIn(scenario, world)]
  const held = [then, now].map((each) => JSON.stringify([each?.identities, each?.owner, each?.autonomy, each?.status]))
  return !scenario.ask.change && held[0] !== held[1]
}

const isAsItWas = (scenario: Scenario, world: World): boolean =>
  JSON.stringify(entryIn(scenario, { version: 0 })) === JSON.stringify(entryIn(scenario, world))

/** Whether another agent has the identity that a registration asks for. */
const isTaken = ({ ask, registries = [] }: Scenario, { version }: World): boolean =>
  (registries[version]?.registry.agents ?? []).some(
    ({ id, identities }) =>
      id !== ask.resource.id && JSON.stringify(identities) === JSON.stringify(ask.arguments['identities']),
  )

const ofGrants = [
  'Narrowed',
  'Asked',
  'KeyBound',
  'CredentialIntended',
  'CredentialIssued',
  'Delegated',
  'UseBegun',
] as const

/** The cause that keeps a change from being made now, if any. */
function obstacle(step: Step): string | undefined {
  const { scenario, world, seen } = step
  if (unfilled(scenario, seen)) return 'a stage lacks its quorum'
  if (ineligible(step, seen)) return 'an approver lost the right'
  if (!answerIn(world).permit) return 'policy forbids'
  if (world.ending) return `it has ended by ${world.ending.by}`
  if (isTaken(scenario, world)) return 'its identity is taken'
  return isAsItWas(scenario, world) ? undefined : 'the entry has moved'
}

/** INV1-INV6 for the registry of agents, which moves on between any two steps. */
export const rulesOfRegistry: readonly Rule[] = [
  on(
    'INV2',
    'no person gains or keeps a right by their own decision',
    ['Decided'],
    ({ actor, for: absent }, _seen, { scenario, world }) => {
      const behind = [actor.id, absent, absentFor(scenario, world, actor.id as never)]
      const gainer = gainers(scenario).find((each) => behind.includes(each as never))
      return gainer !== undefined && `${actor.id} decides what ${gainer} gains or keeps`
    },
  ),
  on(
    'INV1',
    'a transfer is decided after its new owner has accepted the agent',
    ['Decided', 'Approved', 'Completed'],
    ({ type }, { accepted }, { scenario: { ask } }) =>
      ask.action === 'hotwork:TransferAgent' && accepted !== ask.arguments['owner'] && `\`${type}\` before`,
  ),
  on(
    'INV2',
    'the new owner alone accepts an agent, once, while its transfer waits',
    ['TransferAccepted'],
    ({ actor }, { accepted, grant, end }, { scenario: { ask }, world }) => {
      if (ask.action !== 'hotwork:TransferAgent' || actor.id !== ask.arguments['owner']) return `by ${actor.id}`
      return (accepted ?? grant ?? end ?? world.ending) !== undefined && 'again, or after it was settled'
    },
  ),
  always('INV1', 'an acceptance in the state is the one in the ledger', (after, { accepted }) =>
    (after.accepted === undefined) === (accepted === undefined) ? undefined : 'another',
  ),
  on(
    'INV3',
    'a change is made as people decided it, on that entry, by rights of that moment',
    ['Completed'],
    (event, _seen, step) => {
      if (!step.scenario.ask.change) return undefined
      const made = event.outcome === 'succeeded'
      if (step.command.type !== 'apply_change') return `it is ended by \`${step.command.type}\``
      const why = obstacle(step)
      return made ? why : why === undefined && 'it is not made, though nothing keeps it'
    },
  ),
  {
    id: 'INV4',
    rule: 'an approved change is made or ended by the next attempt',
    broken: ({ command, after }) =>
      command.type === 'apply_change' && after.status === 'approved' ? 'it stays approved' : undefined,
  },
  on(
    'INV5',
    'a change of the registry is decided whole, and gives no credential',
    [...ofGrants],
    ({ type }, _seen, { scenario }) => scenario.ask.change && `\`${type}\` of a change`,
  ),
  on(
    'INV5',
    'a change of the registry is not sent back, and no words go to an agent',
    ['Decided'],
    ({ verdict, toAgent }, _seen, { scenario }) =>
      scenario.ask.change && (verdict === 'revise' || toAgent !== undefined) && `a \`${verdict}\` with words`,
  ),
  on(
    'INV6',
    'nothing of an agent counts once its registration has changed',
    ['Decided', 'Approved', 'CredentialIntended', 'UseBegun', 'Delegated', 'KeyBound'],
    ({ type }, _seen, { scenario, world, command }) =>
      command.type !== 'issue' && hasMoved(scenario, world) && `\`${type}\` after the change of its agent`,
  ),
]
