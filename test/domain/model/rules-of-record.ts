import { grantOf } from '../../../functions/domain/record/request.ts'
import { dueAt, lookUpAt } from '../../../functions/domain/requests/due.ts'
import type { CredentialId } from '../../../functions/domain/values.ts'
import { permittedBy } from '../../support/ask.ts'
import { always, differ, inForce, on, type Rule } from './rule.ts'
import { unconverged } from './waits.ts'
import { spent } from './witness.ts'
import { issuedKindOf, numberOf } from './world.ts'

/** INV5, INV9: the state and the record agree. */
export const rulesOfRecord: readonly Rule[] = [
  {
    id: 'INV9',
    rule: 'the record never goes back in time, with any clock of a caller',
    broken: ({ before, events }) => {
      const times = [before?.updatedAt ?? 0, ...events.map(({ at }) => at)]
      const back = times.slice(1).findIndex((at, index) => at < (times[index] ?? 0))
      return back < 0 ? undefined : `\`${events[back]?.type}\` is before the entry before it`
    },
  },
  on(
    'INV5',
    'an issued credential was intended, and not overtaken by a newer intent',
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
  always('INV5', 'each intended access token is counted, also if it was never issued', (after, sees) => {
    const intended = sees.intended.filter((id) => issuedKindOf(id as CredentialId) === 'access_token').length
    const counted = grantOf(after)?.tokens ?? 0
    return counted === intended ? undefined : `${intended} were intended, and ${counted} are counted`
  }),
  on(
    'INV5',
    'only the newest access token is valid',
    ['UseBegun', 'CredentialIntended'],
    (event, seen, { command }) => {
      if (!('presented' in command) || command.presented === undefined) return undefined
      return command.presented !== seen.live['access_token'] && `\`${event.type}\` with a replaced credential`
    },
  ),
  {
    id: 'INV9',
    rule: 'a refusal changes nothing, besides due events and an ending that it found',
    broken: ({ before, after, events, refusal, at }) => {
      if (
        !before ||
        !refusal ||
        refusal === 'approver_not_eligible' ||
        refusal === 'state_changed' ||
        refusal === 'halted' ||
        refusal === 'ancestor_ended' ||
        (refusal === 'revoked' && before.status !== 'revoked') ||
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
    'the uses in the state are those in the ledger, and with delegated ones never over budget',
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
    'a comment is by the decider alone, once, and within the hour',
    ['Commented'],
    ({ actor, verdict, at }, seen) => {
      const own = seen.decided.findLast(({ person }) => person === actor.id)
      if (own?.verdict !== verdict) return `${actor.id} has no such decision`
      if (own.comment) return 'it has a comment'
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
    'a call is given back only by the attempt that began it, has not sent it and has no outcome',
    ['UseReturned'],
    ({ use, actor }, { call }, { world, scenario, command }) => {
      if (command.type !== 'return_call' || command.use !== use || actor.id !== scenario.ask.agent.id)
        return 'given back by another'
      if (world.sent.includes(numberOf(use))) return 'a sent call is given back'
      return (call?.use !== use || call.told) && 'there is nothing to give back'
    },
  ),
  on(
    'INV9',
    'for a minute only the attempt itself reports the outcome of its call',
    ['UseEnded'],
    ({ use, at, actor }, { call }) =>
      actor.type === 'system' &&
      call?.use === use &&
      at - call.at <= 60 &&
      `reported by another after ${at - call.at} s`,
  ),
  on(
    'INV9',
    'the outcome of a call is reported once',
    ['UseEnded'],
    ({ use }, { call }) => call?.use === use && call.told && 'reported again',
  ),
  {
    id: 'INV9',
    rule: 'a reported outcome of a call is recorded, also after the end of the grant',
    broken: ({ command, after }) => {
      if (command.type !== 'end_call' || !('grant' in after)) return undefined
      const begun = after.grant?.uses.find(({ id }) => id === command.use)
      return begun && !begun.ended ? 'the outcome is lost' : undefined
    },
  },
  {
    id: 'INV9',
    rule: 'a call that was not sent costs no use, also if it begins again later',
    broken: ({ command, refusal, seen: { call }, after }) => {
      if (command.type !== 'return_call' || call?.use !== command.use || call.told) return undefined
      const kept = grantOf(after)?.uses.some(({ id }) => id === command.use)
      return refusal !== undefined || kept ? 'its use is spent' : undefined
    },
  },
  {
    id: 'INV9',
    rule: 'a call without an outcome is overdue until it is resolved, also after the end of the grant',
    broken: ({ command, after, sees: { call }, at }) => {
      if (!call || call.told) return lookUpAt(after) === undefined ? undefined : 'looked up without cause'
      if (lookUpAt(after) === undefined) return 'never looked up'
      const late = command.type === 'resolve_call' && command.use === call.use && at - call.at > 60
      return late ? 'the resolution is lost' : undefined
    },
  },
  {
    id: 'INV9',
    rule: 'an execution that follows the table reaches the wait of the table, with any signal lost',
    broken: ({ after, told, reducer }) => (told.length > 0 ? unconverged(after, reducer.outcomeOf) : undefined),
  },
]
