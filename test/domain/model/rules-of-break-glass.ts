import { longestCredential } from '../../../functions/domain/break-glass/break-glass.ts'
import { grantOf } from '../../../functions/domain/record/request.ts'
import { asOf } from '../../../functions/domain/requests/due.ts'
import { submittedAt } from '../../support/ask.ts'
import { always, ended, on, type Rule } from './rule.ts'

/** INV2-INV4, INV6, INV8, INV9 where a person used break-glass: nobody is asked before, so time and a second look must hold it. */
export const rulesOfBreakGlass: readonly Rule[] = [
  on(
    'INV8',
    'it is open for as long as was asked for, and the look at it is due a day after',
    ['BreakGlassOpened', 'ReviewDue'],
    (event, seen, { scenario, at }) => {
      if (event.type === 'ReviewDue')
        return (!seen.opened || seen.opened.due || event.dueAt !== seen.opened.reviewBy) && 'it is due at another time'
      return (seen.grant || event.notAfter !== at + (scenario.ask.breakGlass?.window ?? 0)) && 'another window'
    },
  ),
  on(
    'INV8',
    'no credential of it is good past the window, nor for longer than a quarter of an hour',
    ['CredentialIssued'],
    ({ at, expiresAt, notAfter }, { opened }) => {
      if (!opened) return undefined
      if (expiresAt > opened.until || notAfter > opened.until) return `it outlives the window, by ${expiresAt}`
      return expiresAt - at > longestCredential && `it lives for ${expiresAt - at} s`
    },
  ),
  {
    id: 'INV8',
    rule: 'nothing lengthens the window, and whoever reads sees that it is over',
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
  on(
    'INV6',
    'an opening is no right to hand on',
    ['Delegated'],
    (_event, { opened }) => opened && 'it is handed on all the same',
  ),
  on(
    'INV2',
    'nobody looks at what they did, had done or vouched for',
    ['Reviewed'],
    ({ actor }, _seen, { scenario: { ask } }) =>
      [ask.agent.id, ask.owner, ask.breakGlass?.secondedBy].some((each) => each === actor.id) &&
      `${actor.id} reviews their own`,
  ),
  on(
    'INV3',
    'only those review whom policy permits',
    ['Reviewed'],
    (_event, _seen, { command }) =>
      !(command.type === 'review_break_glass' && command.answer.permit) && 'reviewed by one who may not',
  ),
  on('INV4', 'what is going on is not looked back on', ['Reviewed'], (_event, seen) =>
    seen.end === undefined ? 'reviewed before the end' : undefined,
  ),
  on('INV9', 'it is looked at once', ['Reviewed'], (_event, { opened }) =>
    opened?.reviewedBy === undefined ? undefined : 'reviewed a second time',
  ),
  on(
    'INV8',
    'a review is overdue once, at the second when it is due, and only where nobody has looked',
    ['ReviewOverdue'],
    ({ at }, { opened }) => {
      if (!opened || opened.overdue || opened.reviewedBy !== undefined) return 'it is overdue for nothing'
      return at !== opened.reviewBy && `overdue ${at - opened.reviewBy} s off`
    },
  ),
  always(
    'INV9',
    'the review in the state is the one in the ledger, whatever became of it',
    ({ review }, { opened }) => {
      if (!opened) return review ? 'a review of what was no opening' : undefined
      if (!opened.due || review?.dueAt !== opened.reviewBy) return 'nobody is to look at it'
      if (review?.done?.by !== opened.reviewedBy) return 'another has looked at it'
      return (review?.overdueAt !== undefined) === opened.overdue ? undefined : 'it is overdue in one of the two'
    },
  ),
  {
    id: 'INV8',
    rule: 'what nobody has looked at for a day is overdue, whoever comes then',
    broken: ({ at, sees: { opened } }) =>
      opened && at >= opened.reviewBy && !opened.overdue && opened.reviewedBy === undefined
        ? 'nobody is told that it is overdue'
        : undefined,
  },
  {
    id: 'INV9',
    rule: 'whoever may look at it when it has ended can, also late',
    broken: ({ command, seen, sees: { opened, end }, scenario: { ask } }) => {
      if (command.type !== 'review_break_glass' || !command.answer.permit || end === undefined) return undefined
      const own = command.person === ask.agent.id || command.person === ask.breakGlass?.secondedBy
      if (own || seen.opened?.reviewedBy !== undefined) return undefined
      return opened?.reviewedBy === command.person ? undefined : 'what was found is lost'
    },
  },
]
