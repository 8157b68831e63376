import { grantOf } from '../../../functions/domain/record/request.ts'
import { always, ended, inForce, on, type Rule } from './rule.ts'
import { spent } from './witness.ts'

/** INV6: a delegation lies within its grant, and ends with it. */
export const rulesOfDelegation: readonly Rule[] = [
  on(
    'INV6',
    'a delegation has no right, use or second more than its grant',
    ['Delegated'],
    ({ uses, notAfter }, seen, { command, scenario }) => {
      if (command.type === 'delegate' && !command.within) return 'it lies outside the grant'
      const left = inForce(scenario, seen).ask.uses - spent(seen)
      if (uses > left) return `${uses} uses are delegated of ${left}`
      const end = seen.grant?.notAfter ?? 0
      return notAfter > end && `it outlives its parent by ${notAfter - end} s`
    },
  ),
  on(
    'INV6',
    'a right does not come back to an agent of its chain, and passes through three agents at most',
    ['Delegated'],
    ({ to }, _seen, { scenario: { ask } }) => {
      const hands = [ask.agent.id, ...ask.chain.map(({ id }) => id)]
      if (hands.includes(to)) return `it comes back to ${to}`
      return hands.length > 3 && `it passes through ${hands.length} agents`
    },
  ),
  on('INV6', 'each child gets its right once', ['Delegated'], ({ child }, seen) =>
    child in seen.given ? `${child} gets it again` : undefined,
  ),
  always('INV6', 'the delegations in the state are those in the ledger', (after, sees) => {
    const given = (grantOf(after)?.delegations ?? []).map(({ child, uses }) => `${child} ${uses}`)
    return `${given}` === `${Object.entries(sees.given).map(([child, uses]) => `${child} ${uses}`)}`
      ? undefined
      : 'other delegations'
  }),
  on(
    'INV6',
    'nothing happens after a halt or the end of an ancestor',
    ['Decided', 'Approved', 'CredentialIntended', 'UseBegun', 'Delegated', 'KeyBound', 'TransferAccepted'],
    // An issue rests on the facts of its intent, at most a minute before (INV3).
    ({ type }, _seen, { world, command }) =>
      command.type !== 'issue' && world.ending !== undefined && `\`${type}\` after the end by ${world.ending.by}`,
  ),
  {
    id: 'INV6',
    rule: 'a reader that finds an ending ends the request',
    broken: ({ command, after }) =>
      (command.type === 'wake' || command.type === 'decide') && command.ending && !ended(after)
        ? 'found, and not ended'
        : undefined,
  },
]
