import * as z from 'zod'
import type { Bundle } from './bundle.ts'
import { tierOf } from './ladder.ts'

/** What policy hears of the parent task. `unchecked`: no incident service was asked, or it did not answer. */
export const taskAnswers = ['known', 'unknown', 'unchecked'] as const
export type TaskAnswer = (typeof taskAnswers)[number]

/** What people are shown of the parent task, in the words of the service that keeps incidents. */
export const Incident = z.strictObject({
  title: z.string().max(256),
  status: z.string().max(64).optional(),
  url: z
    .url({ protocol: /^https?$/ })
    .max(2048)
    .optional(),
})
export type Incident = z.infer<typeof Incident>

/** A reason of fewer words says nothing. Words of any language count, also where it sets no spaces. */
const fewestWords = 3
const words = new Intl.Segmenter('en', { granularity: 'word' })

export const isJustified = (justification: string | undefined): boolean =>
  [...words.segment(justification ?? '')].filter(({ isWordLike }) => isWordLike).length >= fewestWords

/** Whether a policy that can bear on this action reads `context.<member>`. It may say yes for a comment. */
export function readsMember(
  { policies, observed = {} }: Pick<Bundle, 'policies' | 'observed'>,
  action: string,
  member: string,
): boolean {
  const read = new RegExp(`\\bcontext\\s*(?:\\.|has\\b|\\[)\\s*"?${member}\\b`)
  return Object.values({ ...policies[action], ...observed[action] }).some((text) => read.test(text))
}

type Why = { purpose: string; justified?: true | undefined; task?: TaskAnswer | undefined }

/** Why something was asked for, as policy hears it each time. */
export const whyAsked = ({ purpose, justified, task }: Why) => ({
  ...{ purpose, justified: justified === true, task: task ?? ('unchecked' as const) },
})

type Asking = { tier: number; justified: boolean; task: TaskAnswer }

/** What the tier wants of an ask that it lacks. A service that is down is no answer: then nothing is asked. */
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

/** The members that the tier wants, and the ask lacks. */
export const wantsOf = (
  { ladder }: Pick<Bundle, 'ladder'>,
  { tier, justified }: Pick<Asking, 'tier' | 'justified'>,
): readonly string[] => (tierOf(ladder, tier)?.justification === 'required' && !justified ? [justificationMember] : [])
