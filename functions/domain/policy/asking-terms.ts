// Rules: test/operations/requests/asking-terms.test.ts
import * as z from 'zod'
import { inert } from '../inert.ts'
import type { Bundle } from './bundle.ts'
import { tierOf } from './ladder.ts'

/** The parent task as policy reads it. `unchecked`: no incident service was asked, or it did not answer. */
export const taskAnswers = ['known', 'unknown', 'unchecked'] as const
export type TaskAnswer = (typeof taskAnswers)[number]

/** The sources of a parent task: a claim by the holder of the agent's token. */
export const taskSources = ['agent', 'map', 'header', 'session', 'meta', 'argument'] as const
export type TaskSource = (typeof taskSources)[number]

const longestAddress = 512

/** The problem of a parent task that a model named: it may deceive people. */
export function wrongTask(
  {
    parentTask: { id, url },
    taskSource,
  }: { parentTask: { id: string; url?: string | undefined }; taskSource?: TaskSource | undefined },
  bundle: Hosts,
): string | undefined {
  if (taskSource !== 'argument') return undefined
  if (inert(id) !== id) return '`context.parent_task.id` should have no invisible characters or direction marks'
  return url === undefined ? undefined : wrongAddress('`context.parent_task.url` of a model', url, bundle)
}

/** The problem of an evidence address that people may follow. */
export function wrongEvidence(
  { evidence = [] }: { evidence?: readonly { url?: string | undefined }[] | undefined },
  bundle: Hosts,
): string | undefined {
  for (const [at, { url }] of evidence.entries()) {
    const wrong = url === undefined ? undefined : wrongAddress(`\`context.evidence.${at}.url\``, url, bundle)
    if (wrong !== undefined) return wrong
  }
  return undefined
}

type Hosts = Pick<Bundle, 'deployment'>

/** Whether the deployment knows the host of an address. */
export function isKnownAddress(url: string, { deployment: { evidenceHosts = [] } }: Hosts): boolean {
  const [, host = ''] = /^https:\/\/([^/?#@:\\]+)(?:[/?][^#\\]*)?$/.exec(url) ?? []
  return url.length <= longestAddress && inert(url) === url && evidenceHosts.includes(host)
}

function wrongAddress(member: string, url: string, bundle: Hosts): string | undefined {
  if (isKnownAddress(url, bundle)) return undefined
  const { evidenceHosts = [] } = bundle.deployment
  const hosts = evidenceHosts.length === 0 ? 'and the deployment file has none' : `such as ${evidenceHosts[0]}`
  return `${member} should be an https address of one of \`evidenceHosts\`, ${hosts}, without user, port and fragment, at most ${longestAddress} characters: leave it out`
}

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

type Why = {
  purpose: string
  justified?: true | undefined
  task?: TaskAnswer | undefined
  taskSource?: TaskSource | undefined
}

/** The reasons for a request, as policy reads them at each question. */
export const whyAsked = ({ purpose, justified, task, taskSource }: Why) => ({
  ...{ purpose, justified: justified === true, task: task ?? ('unchecked' as const), taskSource },
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
