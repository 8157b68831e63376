import { grantOf } from '../../../functions/domain/record/request.ts'
import { always, ended, inForce, on, type Rule } from './rule.ts'
import { spent } from './witness.ts'

/** INV6: what was given away lies within what there was, and dies with it. */
export const rulesOfDelegation: readonly Rule[] = [
  on(
    'INV6',
    'not one right, use or second more is given away than there is',
    ['Delegated'],
    ({ uses, notAfter }, seen, { command, scenario }) => {
      if (command.type === 'delegate' && !command.within) return 'what lies outside the grant is given away'
      const left = inForce(scenario, seen).ask.uses - spent(seen)
      if (uses > left) return `${uses} uses are given away of ${left}`
      const end = seen.grant?.notAfter ?? 0
      return notAfter > end && `it outlives what it is taken out of by ${notAfter - end} s`
    },
  ),
  on(
    'INV6',
    'no right comes back to where it came from, and it passes through three hands at most',
    ['Delegated'],
    ({ to }, _seen, { scenario: { ask } }) => {
      const hands = [ask.agent.id, ...ask.chain.map(({ id }) => id)]
      if (hands.includes(to)) return `it comes back to ${to}`
      return hands.length > 3 && `it passes through ${hands.length} hands`
    },
  ),
  on('INV6', 'each child is given its right once', ['Delegated'], ({ child }, seen) =>
    child in seen.given ? `${child} is given it again` : undefined,
  ),
  always('INV6', 'what the state says was given away is what the ledger says', (after, sees) => {
    const given = (grantOf(after)?.delegations ?? []).map(({ child, uses }) => `${child} ${uses}`)
    return `${given}` === `${Object.entries(sees.given).map(([child, uses]) => `${child} ${uses}`)}`
      ? undefined
      : 'other delegations'
  }),
  on(
    'INV6',
    'nothing is done once it is halted or an ancestor has ended',
    ['Decided', 'Approved', 'CredentialIntended', 'UseBegun', 'Delegated', 'KeyBound'],
    // What is issued rests on what was found at its intent, a minute before at most (INV3).
    ({ type }, _seen, { world, command }) =>
      command.type !== 'issue' && world.ending !== undefined && `\`${type}\` after the end by ${world.ending.by}`,
  ),
  {
    id: 'INV6',
    rule: 'whoever finds that it has ended ends it',
    broken: ({ command, after }) =>
      (command.type === 'wake' || command.type === 'decide') && command.ending && !ended(after)
        ? 'found, and going on'
        : undefined,
  },
]
