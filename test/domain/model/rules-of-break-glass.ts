import { longestCredential } from '../../../functions/domain/break-glass/break-glass.ts'
import { grantOf } from '../../../functions/domain/record/request.ts'
import { asOf } from '../../../functions/domain/requests/due.ts'
import { submittedAt } from '../../support/ask.ts'
import { always, ended, on, type Rule } from './rule.ts'

/** INV2-INV4, INV6, INV8, INV9 for break-glass, which needs no approval: time and a review bound it. */
export const rulesOfBreakGlass: readonly Rule[] = [
  on(
    'INV8',
    'an opening lasts as long as was asked for, and its review is due after a day',
    ['BreakGlassOpened', 'ReviewDue'],
    (event, seen, { scenario, at }) => {
      if (event.type === 'ReviewDue')
        return (!seen.opened || seen.opened.due || event.dueAt !== seen.opened.reviewBy) && 'it is due at another time'
      return (seen.grant || event.notAfter !== at + (scenario.ask.breakGlass?.window ?? 0)) && 'another window'
    },
  ),
  on(
    'INV8',
    'no credential of an opening outlives the window, or a quarter of an hour',
    ['CredentialIssued'],
    ({ at, expiresAt, notAfter }, { opened }) => {
      if (!opened) return undefined
      if (expiresAt > opened.until || notAfter > opened.until) return `it outlives the window, by ${expiresAt}`
      return expiresAt - at > longestCredential && `it lives for ${expiresAt - at} s`
    },
  ),
  {
    id: 'INV8',
    rule: 'nothing lengthens the window, and each reader sees its end',
    broken: ({ after, at, sees: { opened } }) => {
      if (!opened) return undefined
      const { claimBy = 0, notAfter = 0, credentials = {} } = grantOf(after) ?? {}
      const ends = [claimBy, notAfter, ...Object.values(credentials).map(({ expiresAt }) => expiresAt)]
      if (Math.max(...ends) > opened.until) return `open until +${Math.max(...ends) - submittedAt} s`
      if (at >= opened.until && !ended(after)) return 'open after its window'
      return asOf(after, opened.until).status === 'approved' ? 'read as open after its window' : undefined
    },
  },
  on(
    'INV7',
    'nothing is claimed or used once the window is over',
    ['CredentialIntended', 'CredentialIssued', 'UseBegun', 'Completed'],
    ({ type, at }, { opened }) => opened && at >= opened.until && `\`${type}\` ${at - opened.until} s after the window`,
  ),
  on('INV6', 'an opening is not delegated', ['Delegated'], (_event, { opened }) => opened && 'it is delegated'),
  on(
    'INV2',
    'a person does not review what they did, had done or vouched for',
    ['Reviewed'],
    ({ actor }, _seen, { scenario: { ask } }) =>
      [ask.agent.id, ask.owner, ask.breakGlass?.secondedBy].some((each) => each === actor.id) &&
      `${actor.id} reviews their own`,
  ),
  on(
    'INV3',
    'only people that policy permits review',
    ['Reviewed'],
    (_event, _seen, { command }) =>
      !(command.type === 'review_break_glass' && command.answer.permit) && 'reviewed by a person who may not',
  ),
  on('INV4', 'an opening is not reviewed before its end', ['Reviewed'], (_event, seen) =>
    seen.end === undefined ? 'reviewed before the end' : undefined,
  ),
  on('INV9', 'an opening is reviewed once', ['Reviewed'], (_event, { opened }) =>
    opened?.reviewedBy === undefined ? undefined : 'reviewed a second time',
  ),
  on(
    'INV8',
    'a review is overdue once, at the second when it is due, and only if there was none',
    ['ReviewOverdue'],
    ({ at }, { opened }) => {
      if (!opened || opened.overdue || opened.reviewedBy !== undefined) return 'overdue without cause'
      return at !== opened.reviewBy && `overdue ${at - opened.reviewBy} s off`
    },
  ),
  always('INV9', 'the review in the state is the one in the ledger', ({ review }, { opened }) => {
    if (!opened) return review ? 'a review without an opening' : undefined
    if (!opened.due || review?.dueAt !== opened.reviewBy) return 'no review is due'
    if (review?.done?.by !== opened.reviewedBy) return 'another reviewer'
    return (review?.overdueAt !== undefined) === opened.overdue ? undefined : 'it is overdue in one of the two'
  }),
  {
    id: 'INV8',
    rule: 'an opening without a review is overdue after a day, at the next command',
    broken: ({ at, sees: { opened } }) =>
      opened && at >= opened.reviewBy && !opened.overdue && opened.reviewedBy === undefined
        ? 'it is not overdue'
        : undefined,
  },
  {
    id: 'INV9',
    rule: 'a person who may review it can after its end, also late',
    broken: ({ command, seen, sees: { opened, end }, scenario: { ask } }) => {
      if (command.type !== 'review_break_glass' || !command.answer.permit || end === undefined) return undefined
      const own = command.person === ask.agent.id || command.person === ask.breakGlass?.secondedBy
      if (own || seen.opened?.reviewedBy !== undefined) return undefined
      return opened?.reviewedBy === command.person ? undefined : 'the review is lost'
    },
  },
]
