import { grantOf } from '../../../functions/domain/record/request.ts'
import { dueAt, lookUpAt } from '../../../functions/domain/requests/due.ts'
import type { CredentialId } from '../../../functions/domain/values.ts'
import { permittedBy } from '../../support/ask.ts'
import { always, differ, inForce, on, type Rule } from './rule.ts'
import { unconverged } from './waits.ts'
import { spent } from './witness.ts'
import { issuedKindOf, numberOf } from './world.ts'

/** INV5, INV9: what is live is on the record, and the other way round. */
export const rulesOfRecord: readonly Rule[] = [
  {
    id: 'INV9',
    rule: 'the record never goes back in time, whatever clock somebody has',
    broken: ({ before, events }) => {
      const times = [before?.updatedAt ?? 0, ...events.map(({ at }) => at)]
      const back = times.slice(1).findIndex((at, index) => at < (times[index] ?? 0))
      return back < 0 ? undefined : `\`${events[back]?.type}\` is before what was before it`
    },
  },
  on(
    'INV5',
    'what is issued was intended, and not overtaken by a newer intent',
    ['CredentialIssued'],
    ({ credential, claim }, seen) =>
      !seen.intended.includes(credential)
        ? `${credential} was never intended`
        : seen.pending[claim] !== credential && `${credential} was overtaken`,
  ),
  always('INV5', 'the credentials in the state are the newest of each kind in the ledger', (after, sees) => {
    if (after.status !== 'approved') return undefined
    const { access_token: token, aws } = after.grant.credentials
    return token?.id === sees.live['access_token'] && aws?.id === sees.live['aws']
      ? undefined
      : 'another credential is live'
  }),
  always('INV5', 'each access token that was intended is counted, those too that were never issued', (after, sees) => {
    const intended = sees.intended.filter((id) => issuedKindOf(id as CredentialId) === 'access_token').length
    const counted = grantOf(after)?.tokens ?? 0
    return counted === intended ? undefined : `${intended} were intended, and ${counted} are counted`
  }),
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
        refusal === 'state_changed' ||
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
  always(
    'INV9',
    'the uses in the state are those in the ledger, and with those given away never over budget',
    (after, sees, scenario) => {
      const uses = 'grant' in after ? (after.grant?.uses ?? []) : []
      if (new Set(sees.begun).size !== uses.length || sees.begun.length !== uses.length) return 'other uses'
      const { uses: budget } = inForce(scenario, sees).ask
      return spent(sees) > budget ? `${spent(sees)} uses of ${budget}` : undefined
    },
  ),
  on(
    'INV9',
    'a decision cites the policies that let this person decide under that name, and no others',
    ['Decided'],
    ({ policies, as }) => `${policies}` !== `${permittedBy[as] ?? ''}` && `it cites ${policies}`,
  ),
  on(
    'INV9',
    'why somebody decided so is said by them alone, once, and within the hour',
    ['Commented'],
    ({ actor, verdict, at }, seen) => {
      const own = seen.decided.findLast(({ person }) => person === actor.id)
      if (own?.verdict !== verdict) return `${actor.id} has decided nothing of the kind`
      if (own.comment) return 'it has been said before'
      return at - own.at > 3600 && `${at - own.at} s later`
    },
  ),
  on(
    'INV9',
    'a mediated call is begun once, and again only after it was given back',
    ['UseBegun'],
    ({ key }, seen) => key === 'call' && seen.call && 'begun a second time',
  ),
  {
    id: 'INV9',
    rule: 'a mediated call is sent once',
    broken: (step) =>
      step.scenario.calls && step.world.sent.length > 1 ? `sent ${step.world.sent.length} times` : undefined,
  },
  on(
    'INV9',
    'a call is given back only by whoever began it, and that has neither sent it nor will, nor is it said how it went',
    ['UseReturned'],
    ({ use, actor }, { call }, { world, scenario, command }) => {
      if (command.type !== 'return_call' || command.use !== use || actor.id !== scenario.ask.agent.id)
        return 'given back by another'
      if (world.sent.includes(numberOf(use))) return 'what was sent is given back'
      return (call?.use !== use || call.told) && 'there is nothing to give back'
    },
  ),
  on(
    'INV9',
    'for a minute nobody but whoever makes a call says how it went',
    ['UseEnded'],
    ({ use, at, actor }, { call }) =>
      actor.type === 'system' && call?.use === use && at - call.at <= 60 && `told by another after ${at - call.at} s`,
  ),
  on(
    'INV9',
    'how a call went is told once',
    ['UseEnded'],
    ({ use }, { call }) => call?.use === use && call.told && 'told again',
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
    rule: 'a call that was certainly not sent costs no use, also when it is begun anew after that',
    broken: ({ command, refusal, seen: { call }, after }) => {
      if (command.type !== 'return_call' || call?.use !== command.use || call.told) return undefined
      const kept = grantOf(after)?.uses.some(({ id }) => id === command.use)
      return refusal !== undefined || kept ? 'its use is spent' : undefined
    },
  },
  {
    id: 'INV9',
    rule: 'a call of which nothing was heard is overdue until it ends, and ends with what was found out, whatever else has ended',
    broken: ({ command, after, sees: { call }, at }) => {
      if (!call || call.told) return lookUpAt(after) === undefined ? undefined : 'looked up for nothing'
      if (lookUpAt(after) === undefined) return 'open for ever'
      const late = command.type === 'resolve_call' && command.use === call.use && at - call.at > 60
      return late ? 'what was found out is lost' : undefined
    },
  },
  {
    id: 'INV9',
    rule: 'an execution that follows the table gets to where the table is, whatever signal is lost',
    broken: ({ after, told, reducer }) => (told.length > 0 ? unconverged(after, reducer.outcomeOf) : undefined),
  },
]
