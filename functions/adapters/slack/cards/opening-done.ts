import type { RichTextSection } from '@slack/types'
import { inert } from '../../../domain/inert.ts'
import { type ApprovalRequest, grantOf, type Use } from '../../../domain/requests/request.ts'
import type { AboutOpening } from '../../../operations/cards/about-opening.ts'
import { bold, type CardBlock, code, list, rich, section, time, words } from './blocks.ts'
import { isSealed } from './opening-status.ts'

/** What was done with it, as far as Hotwork itself knows: what AWS credentials did is AWS's to tell. */
export const doneBlock = (state: ApprovalRequest, about: Pick<AboutOpening, 'credentials'>, most: number): CardBlock =>
  rich(
    'done',
    section(bold('What was done')),
    list([...credentialLines(state, about), ...useLines(state, most)]),
    ...callsOf(state),
  )

function callsOf(state: ApprovalRequest): RichTextSection[] {
  if (isSealed(state))
    return [section(words('Each call is in CloudTrail of that account, under the session of that role.'))]
  if (!tookAws(state)) return []
  const where = 'Each call that AWS credentials made is in CloudTrail, under the session name '
  return [section(words(where), code(state.ask.id), words('.'))]
}

function credentialLines(
  state: ApprovalRequest,
  { credentials }: Pick<AboutOpening, 'credentials'>,
): RichTextSection[] {
  if (isSealed(state)) return [section(words('Hotwork issued nothing: the role was taken in AWS itself.'))]
  if (credentials === undefined)
    return [
      section(
        words(
          grantOf(state)?.claimedAt === undefined
            ? 'No credential is known to have been issued.'
            : 'Credentials were issued; how many is in the record.',
        ),
      ),
    ]
  if (credentials.length === 0)
    return [section(words('No credential was issued: nothing was done with it through Hotwork.'))]
  const kinds = { aws: 'AWS credentials', access_token: 'Access tokens' } as const
  return (['access_token', 'aws'] as const).flatMap((claim) => {
    const of = credentials.filter((each) => each.claim === claim)
    const [first, last] = [of[0], of.at(-1)]
    if (!first || !last) return []
    const times = of.length === 1 ? 'once, at ' : `${of.length} times, from `
    return [
      section(
        words(`${kinds[claim]} issued ${times}`),
        time(first.issuedAt),
        ...(of.length === 1 ? [] : [words(' to '), time(last.issuedAt)]),
      ),
    ]
  })
}

/** Whether AWS credentials of it were ever given. */
export const tookAws = (state: ApprovalRequest): boolean =>
  grantOf(state)?.uses.some(({ tool, key }) => tool === 'aws' && key === 'aws') ?? false

/** Each use, and how it went; what AWS credentials were used for is no one use, and stands in AWS's own record. */
export function useLines(state: ApprovalRequest, most: number): RichTextSection[] {
  const uses = (grantOf(state)?.uses ?? []).filter(({ tool, key }) => tool !== 'aws' || key !== 'aws')
  const more = uses.length - most
  return [...uses.slice(0, most).map(useLine), ...(more > 0 ? [section(words(`and ${more} more uses`))] : [])]
}

const useLine = ({ tool, begunAt, ended }: Use): RichTextSection =>
  section(
    words('Used on '),
    code(inert(tool)),
    words(' at '),
    time(begunAt),
    ...(ended ? [words(`: ${ended.outcome}, at `), time(ended.at)] : [words(': how it went was not reported')]),
  )
