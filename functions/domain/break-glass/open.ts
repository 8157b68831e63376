import * as z from 'zod'
import { digestOf } from '../digest.ts'
import type { OpenBreakGlass, ReviewBreakGlass } from '../requests/commands.ts'
import { type Answered, agentActor, type Refused } from '../requests/ended.ts'
import { type Event, event } from '../requests/events.ts'
import { type ApprovalRequest, ownersOf } from '../requests/request.ts'
import { type Digest, type GrantId, NumericDate, PersonId } from '../values.ts'
import { refusedBy, reviewWithin } from './break-glass.ts'

/**
 * A person uses break-glass: at once, with nobody asked, for as long as was asked for and no longer, if policy says that
 * they may and every budget has room. The look at it is due from the start, whatever becomes of it.
 */
export function openBreakGlass({ ask, answer, budgets, bundle }: OpenBreakGlass, at: NumericDate): Answered {
  const { breakGlass } = ask
  if (!breakGlass) return { code: 'unknown_profile' }
  if (!answer.permit) return { code: answer.error ? 'policy_error' : 'not_permitted' }
  for (const { budget, limits } of budgets) {
    const code = refusedBy(budget, limits, at)
    // Somebody else vouched for it: that is what a review that is overdue asks for, and it excuses nothing else.
    if (code === 'review_overdue' && breakGlass.secondedBy !== undefined) continue
    if (code) return { code } satisfies Refused
  }
  const common = { at, actor: agentActor(ask), policies: [...answer.policies], bundle }
  const grant = ask.id.replace(/^bgl_/, 'grt_') as GrantId
  const opened: Event = { ...common, type: 'BreakGlassOpened', ask, grant, notAfter: at + breakGlass.window }
  return [opened, { ...common, policies: [], type: 'ReviewDue', dueAt: at + reviewWithin }]
}

/**
 * Somebody else says whether it was justified: not the person who did it, nor the owner of an agent of theirs, nor whoever
 * vouched for them. Late is better than never; said once.
 */
export function review(state: ApprovalRequest, command: ReviewBreakGlass, at: NumericDate): Answered {
  const { person, outcome, note, seen, answer, bundle } = command
  if (!state.review || !state.ask.breakGlass) return { code: 'no_review_due' }
  if (ownersOf(state).includes(person) || state.ask.agent.id === person || state.ask.breakGlass.secondedBy === person)
    return { code: 'self_review' }
  if (!answer.permit) return { code: answer.error ? 'policy_error' : 'not_permitted' }
  if (state.review.done) return { code: 'already_reviewed' }
  // What is still going on cannot be looked back on.
  if (state.status === 'approved') return { code: 'no_review_due' }
  return [
    {
      type: 'Reviewed',
      at,
      actor: { type: 'person', id: person },
      policies: [...answer.policies],
      bundle,
      outcome,
      note,
      ...(seen === undefined ? {} : { seen }),
    },
  ]
}

/** How long a word for somebody is good: it is for an emergency that is going on now. Seconds. */
export const vouchedFor = 600

/** Somebody gave their word for another who has to use break-glass though a review is overdue: on their own chain. */
export const VouchEvent = event('Vouched', { person: PersonId, budgetKey: z.string(), until: NumericDate })
export type VouchEvent = z.infer<typeof VouchEvent>

/** Under which key a word for somebody waits to be spent, and as what. */
export const voucherKey = (person: PersonId): string => `VOUCHED#${person}`
export const voucherValue = ({ by, until, budgetKey }: { by: PersonId; until: NumericDate; budgetKey: string }) =>
  `${by} ${until} ${budgetKey}`

/** What was put down so; undefined for one that is spent. */
export function readVoucher(value: string): { by: string; until: NumericDate; budgetKey: string } | undefined {
  const [by, until, ...about] = value.split(' ')
  return by === undefined || until === undefined ? undefined : { by, until: Number(until), budgetKey: about.join(' ') }
}

/** A reason in its plainest form: letters and digits, each run of others one space, lower case. */
const plain = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()

const fewestLetters = 12
const fewestWords = 3

/** The digest of a reason in its plainest form, by which the same words are known again. */
export const reasonDigest = (reason: string): Digest => digestOf('hotwork.reason.v1', plain(reason))

/**
 * Why a reason is none, in words that say what would be one; undefined where it may be one. It can be no check of the truth:
 * it refuses what nobody wrote for this emergency.
 *
 * @param said what stands there anyway, such as the incident and the profile's title: repeating it says nothing
 * @param before digests of the reasons that were given lately
 */
export function reasonProblem(reason: string, said: readonly string[], before: readonly Digest[]): string | undefined {
  let rest = plain(reason)
  for (const each of said.map(plain).filter((text) => text !== '')) rest = rest.replaceAll(each, ' ')
  const words = new Set(rest.split(' ').filter((word) => word.length > 1))
  if (rest.replaceAll(' ', '').length < fewestLetters || words.size < fewestWords)
    return `it should say what is wrong and what you are going to do, in at least ${fewestWords} words beside the incident`
  if (before.includes(reasonDigest(reason)))
    return 'it is word for word that of an earlier opening: say what is wrong this time'
  return undefined
}
