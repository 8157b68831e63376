// Rules: test/operations/break-glass/break-glass.test.ts
import * as z from 'zod'
import { digestOf } from '../digest.ts'
import { event } from '../event.ts'
import {
  type Answered,
  agentActor,
  type OpenBreakGlass,
  type ReportSealedUse,
  type ReviewBreakGlass,
} from '../record/commands.ts'
import type { Event } from '../record/events.ts'
import { openingOf } from '../record/origin.ts'
import { type ApprovalRequest, type Ask, ownersOf } from '../record/request.ts'
import { type Digest, type GrantId, NumericDate, PersonId } from '../values.ts'
import { refusedBy, reviewWithin } from './break-glass.ts'

/** Opens at once if policy permits and every budget has room. The review is due from the start. */
export function openBreakGlass(
  { ask, answer, budgets, bundle }: OpenBreakGlass,
  at: NumericDate,
): Answered<'unknown_profile' | 'policy_error' | 'not_permitted' | NonNullable<ReturnType<typeof refusedBy>>> {
  const opening = openingOf(ask)
  if (!opening) return { code: 'unknown_profile' }
  if (!answer.permit) return { code: answer.error ? 'policy_error' : 'not_permitted' }
  for (const { budget, limits } of budgets) {
    const code = refusedBy(budget, limits, at)
    // A voucher excuses only an overdue review.
    if (code === 'review_overdue' && opening.secondedBy !== undefined) continue
    if (code) return { code }
  }
  return begin(ask, { policies: answer.policies, bundle, notAfter: at + opening.window }, at)
}

/**
 * The commands that record a past use of a sealed role as an opening. Its end is the session's; the review is due a day
 * after Hotwork heard of it.
 */
export const reportSealedUse = (
  { ask, until, bundle }: ReportSealedUse,
  at: NumericDate,
): Answered<'unknown_profile'> =>
  openingOf(ask)?.sealed ? begin(ask, { policies: [], bundle, notAfter: until }, at) : { code: 'unknown_profile' }

function begin(
  ask: Ask,
  { policies, bundle, notAfter }: { policies: readonly string[]; bundle: string; notAfter: NumericDate },
  at: NumericDate,
): readonly Event[] {
  const common = { at, actor: agentActor(ask), bundle }
  const grant = ask.id.replace(/^bgl_/, 'grt_') as GrantId
  return [
    { ...common, policies: [...policies], type: 'BreakGlassOpened', ask, grant, notAfter },
    { ...common, policies: [], type: 'ReviewDue', dueAt: at + reviewWithin },
  ]
}

/** A third person reviews the opening. The person who opened it, the owner and the person who vouched may not. */
export function review(
  state: ApprovalRequest,
  command: ReviewBreakGlass,
  at: NumericDate,
): Answered<'no_review_due' | 'self_review' | 'policy_error' | 'not_permitted' | 'already_reviewed'> {
  const { person, outcome, note, seen, answer, bundle } = command
  const opening = openingOf(state.ask)
  if (!state.review || !opening) return { code: 'no_review_due' }
  if (ownersOf(state).includes(person) || state.ask.agent.id === person || opening.secondedBy === person)
    return { code: 'self_review' }
  if (!answer.permit) return { code: answer.error ? 'policy_error' : 'not_permitted' }
  if (state.review.done) return { code: 'already_reviewed' }
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

/** The lifetime of a voucher. Seconds. */
export const vouchedFor = 600

/** A person vouches for another whose review is overdue. The entry is on the voucher's chain. */
export const VouchEvent = event('Vouched', { person: PersonId, budgetKey: z.string(), until: NumericDate })
export type VouchEvent = z.infer<typeof VouchEvent>

export const voucherKey = (person: PersonId): string => `VOUCHED#${person}`
export const voucherValue = ({ by, until, budgetKey }: { by: PersonId; until: NumericDate; budgetKey: string }) =>
  `${by} ${until} ${budgetKey}`

/** Undefined if the voucher is spent. */
export function readVoucher(value: string): { by: string; until: NumericDate; budgetKey: string } | undefined {
  const [by, until, ...about] = value.split(' ')
  return by === undefined || until === undefined ? undefined : { by, until: Number(until), budgetKey: about.join(' ') }
}

const plain = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()

const fewestLetters = 12
const fewestWords = 3

export const reasonDigest = (reason: string): Digest => digestOf('hotwork.reason.v1', plain(reason))

/**
 * The reason why a justification is refused. It refuses copied words, since truth cannot be checked.
 * @param said texts beside it, such as the incident, whose repetition does not count
 * @param before digests of the latest reasons
 */
export function reasonProblem(reason: string, said: readonly string[], before: readonly Digest[]): string | undefined {
  let rest = plain(reason)
  for (const each of said.map(plain).filter((text) => text !== '')) rest = rest.replaceAll(each, ' ')
  const words = new Set(rest.split(' ').filter((word) => word.length > 1))
  if (rest.replaceAll(' ', '').length < fewestLetters || words.size < fewestWords)
    return `it should describe the problem and your next steps, in at least ${fewestWords} words beside the incident`
  if (before.includes(reasonDigest(reason)))
    return 'it repeats the reason of an earlier opening: describe the problem of this one'
  return undefined
}
