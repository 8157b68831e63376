import { dueAt } from '../../../functions/domain/due.ts'
import { differ, on, type Rule } from './rule.ts'
import { unconverged } from './waits.ts'
import { spent } from './witness.ts'

/** INV5, INV9: what is live is on the record, and the other way round. */
export const rulesOfRecord: readonly Rule[] = [
  on(
    'INV5',
    'what is issued was intended, and not overtaken by a newer intent',
    ['CredentialIssued'],
    ({ credential, claim }, seen) =>
      !seen.intended.includes(credential)
        ? `${credential} was never intended`
        : seen.pending[claim] !== credential && `${credential} was overtaken`,
  ),
  {
    id: 'INV5',
    rule: 'the credentials in the state are the newest of each kind in the ledger',
    broken: ({ after, sees }) => {
      if (after.status !== 'approved') return undefined
      const { access_token: token, aws } = after.grant.credentials
      return token?.id === sees.live['access_token'] && aws?.id === sees.live['aws']
        ? undefined
        : 'another credential is live'
    },
  },
  on(
    'INV5',
    'only the newest access token is good for anything',
    ['UseBegun', 'CredentialIntended'],
    (event, seen, { command }) => {
      if (!('presented' in command) || command.presented === undefined) return undefined
      return command.presented !== seen.live['access_token'] && `\`${event.type}\` with a credential that was replaced`
    },
  ),
  {
    id: 'INV9',
    rule: 'a refusal changes nothing else, beside what was due and what it brought to light',
    broken: ({ before, after, events, refusal, at }) => {
      if (
        !before ||
        !refusal ||
        refusal === 'approver_not_eligible' ||
        refusal === 'halted' ||
        refusal === 'ancestor_ended' ||
        (dueAt(before) ?? Number.POSITIVE_INFINITY) <= at
      )
        return undefined
      return events.every(({ type }) => type === 'Refused') && !differ(before, after)
        ? undefined
        : 'it changed the request'
    },
  },
  {
    id: 'INV9',
    rule: 'the uses in the state are those in the ledger, and with those given away never over budget',
    broken: ({ after, sees, scenario }) => {
      const uses = 'grant' in after ? (after.grant?.uses ?? []) : []
      if (new Set(sees.begun).size !== uses.length || sees.begun.length !== uses.length) return 'other uses'
      return spent(sees) > scenario.ask.uses ? `${spent(sees)} uses of ${scenario.ask.uses}` : undefined
    },
  },
  on(
    'INV9',
    'a mediated call is begun once',
    ['UseBegun'],
    ({ key }, seen) => key === 'call' && seen.begun.some((each) => each.endsWith(' call')) && 'begun a second time',
  ),
  {
    id: 'INV9',
    rule: 'how a call went is recorded once it is told, also when the grant has ended meanwhile',
    broken: ({ command, after }) => {
      if (command.type !== 'end_call' || !('grant' in after)) return undefined
      const begun = after.grant?.uses.find(({ id }) => id === command.use)
      return begun && !begun.ended ? 'what happened is lost' : undefined
    },
  },
  {
    id: 'INV9',
    rule: 'an execution that follows the table gets to where the table is, whatever signal is lost',
    broken: ({ after, told, reducer }) => (told.length > 0 ? unconverged(after, reducer.outcomeOf) : undefined),
  },
]
