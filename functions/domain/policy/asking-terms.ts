// Rules: test/operations/requests/asking-terms.test.ts
import * as z from 'zod'
import type { Bundle } from './bundle.ts'
import { tierOf } from './ladder.ts'

/** The parent task as policy reads it. `unchecked`: no incident service was asked, or it did not answer. */
export const taskAnswers = ['known', 'unknown', 'unchecked'] as const
export type TaskAnswer = (typeof taskAnswers)[number]

/** The parent task for people, in the words of the incident service. */
export const Incident = z.strictObject({
  title: z.string().max(256),
  status: z.string().max(64).optional(),
  url: z
    .url({ protocol: /^https?$/ })
    .max(2048)
    .optional(),
})
export type Incident = z.infer<typeof Incident>

/** The fewest words of a reason. Words of any language count, also without spaces. */
const fewestWords = 3
const words = new Intl.Segmenter('en', { granularity: 'word' })

export const isJustified = (justification: string | undefined): boolean =>
  [...words.segment(justification ?? '')].filter(({ isWordLike }) => isWordLike).length >= fewestWords

/** Whether a policy for this action reads `context.<member>`. A comment can match too. */
export function readsMember(
  { policies, observed = {} }: Pick<Bundle, 'policies' | 'observed'>,
  action: string,
  member: string,
): boolean {
  const read = new RegExp(`\\bcontext\\s*(?:\\.|has\\b|\\[)\\s*"?${member}\\b`)
  return Object.values({ ...policies[action], ...observed[action] }).some((text) => read.test(text))
}

type Why = { purpose: string; justified?: true | undefined; task?: TaskAnswer | undefined }

/** The reasons for a request, as policy reads them at each question. */
export const whyAsked = ({ purpose, justified, task }: Why) => ({
  ...{ purpose, justified: justified === true, task: task ?? ('unchecked' as const) },
})

type Asking = { tier: number; justified: boolean; task: TaskAnswer }

/**
 * The refusal for members that the tier requires and the ask lacks. If the incident service is down, no request is
 * made.
 */
export function lackingFor(
  { ladder }: Pick<Bundle, 'ladder'>,
  { tier, justified, task }: Asking,
): 'justification_required' | 'unknown_parent_task' | 'incidents_unreachable' | undefined {
  const terms = tierOf(ladder, tier)
  if (terms?.justification === 'required' && !justified) return 'justification_required'
  if (terms?.parentTask !== 'live' || task === 'known') return undefined
  return task === 'unknown' ? 'unknown_parent_task' : 'incidents_unreachable'
}

export const justificationMember = 'context.justification'

/** The members that the tier requires and the ask lacks. */
export const wantsOf = (
  { ladder }: Pick<Bundle, 'ladder'>,
  { tier, justified }: Pick<Asking, 'tier' | 'justified'>,
): readonly string[] => (tierOf(ladder, tier)?.justification === 'required' && !justified ? [justificationMember] : [])
