import type { RichTextElement, RichTextSection } from '@slack/types'
import { clamp, inert } from '../../../domain/inert.ts'
import { type Bundle, personOf } from '../../../domain/policy/bundle.ts'
import {
  type ApprovalRequest,
  approversOf,
  type Decision,
  filled,
  type Grant,
  openStage,
  type PendingRequest,
  type SettledBy,
  type StageState,
  usesLeft,
} from '../../../domain/requests/request.ts'
import { duration } from '../../../domain/values.ts'
import { bold, said, section, time, words } from './blocks.ts'
import type { CardFacts } from './card-facts.ts'

/** The state in a sign and a word: never by colour or sign alone. The sign is for the eye, the words are for everybody. */
export type Headline = { sign: string; words: string }

export function headlineOf(state: ApprovalRequest): Headline {
  switch (state.status) {
    case 'pending':
      return waitingFor(openStage(state), state.round > 1)
    case 'approved':
      return state.grant.claimedAt === undefined
        ? { sign: '✅', words: 'Approved, not claimed yet' }
        : { sign: '🔑', words: 'In use' }
    case 'completed':
      return { sign: '🏁', words: `Completed: ${state.outcome}` }
    case 'denied':
      return { sign: '⛔', words: 'Denied' }
    case 'expired':
      return { sign: '⌛', words: 'Expired' }
    case 'withdrawn':
      return { sign: '↩️', words: 'Withdrawn' }
    case 'revoked':
      return { sign: '🛑', words: 'Revoked' }
    default:
      return state satisfies never
  }
}

function waitingFor(stage: StageState | undefined, narrowed: boolean): Headline {
  if (!stage) return { sign: '🟡', words: 'Waiting' }
  const count = `${approversOf(stage).length} of ${stage.terms.quorum} approved${narrowed ? ', narrowed' : ''}`
  return stage.escalatedAt !== undefined && stage.terms.onSilence !== 'expire'
    ? {
        sign: '🟠',
        words: `Waiting for ${stage.terms.name}, escalated to ${stage.terms.onSilence.escalateTo}: ${count}`,
      }
    : { sign: '🟡', words: `Waiting for ${stage.terms.name}: ${count}` }
}

/** What holds now and until when, or how it ended: by whom, when, and why, in one line. */
export function nowOf(state: ApprovalRequest, bundle: Pick<Bundle, 'directory'>): RichTextElement[] {
  const { facts, note } = nowParts(state, bundle)
  return note === undefined ? facts : [...facts, words(' '), said(quoted(note, 240))]
}

/** The same, with what somebody noted apart. */
export function nowParts(
  state: ApprovalRequest,
  bundle: Pick<Bundle, 'directory'>,
): { facts: RichTextElement[]; note?: string } {
  const note = noteOf(state)
  return { facts: factsOf(state, bundle, note !== undefined), ...(note === undefined ? {} : { note }) }
}

function factsOf(state: ApprovalRequest, bundle: Pick<Bundle, 'directory'>, noted: boolean): RichTextElement[] {
  const by = (who: SettledBy) => bold(settlerOf(bundle, state, who))
  switch (state.status) {
    case 'pending':
      return waitingNow(state)
    case 'approved':
      return state.grant.claimedAt === undefined
        ? [words('The agent can claim the credential until '), time(state.grant.claimBy), words('.')]
        : [
            words('A credential is live until '),
            time(state.grant.notAfter),
            words(`. Uses left: ${usesLeft(state)} of ${state.ask.uses}.`),
          ]
    case 'completed':
      return [
        words('The agent reported the end of the task at '),
        time(state.completedAt),
        words(`. ${deadOf(state.grant)}${noted ? ' It notes, unverified:' : ''}`),
      ]
    case 'denied':
      return [
        words('Denied by '),
        by(state.deniedBy),
        words(' at '),
        time(state.deniedAt),
        words(noted ? '. Reason:' : '.'),
      ]
    case 'expired':
      return [words(howExpired(state.grant)), time(state.expiredAt), words('.')]
    case 'withdrawn':
      return [words('The agent withdrew it at '), time(state.withdrawnAt), words('.')]
    case 'revoked':
      return [
        words('Revoked by '),
        by(state.revokedBy),
        words(' at '),
        time(state.revokedAt),
        words(`. ${deadOf(state.grant)}${noted ? ' Reason:' : ''}`),
      ]
    default:
      return state satisfies never
  }
}

/** What has become of a credential whose grant was ended: what AWS issued is refused by AWS, and AWS takes its time. */
const deadOf = ({ claimedAt, sessions }: Grant): string => {
  if (claimedAt === undefined) return 'No credential was issued.'
  return sessions.length > 0
    ? 'Its AWS credentials are being denied, which AWS takes some seconds to enforce.'
    : 'Its credential is dead.'
}

const howExpired = (grant: Grant | undefined): string => {
  if (!grant) return 'Nobody decided in time, and silence is never consent: it ended at '
  return grant.claimedAt === undefined
    ? 'The agent did not claim the credential in time: the approval ended at '
    : 'The time of the credential was up, and it is dead since '
}

function waitingNow(state: PendingRequest): RichTextElement[] {
  const stage = openStage(state)
  if (!stage) return [words('Waiting.')]
  const end = stage.deadline ?? state.decideBy
  const silence =
    stage.escalatedAt === undefined && stage.terms.onSilence !== 'expire'
      ? `Silence then widens it to ${stage.terms.onSilence.escalateTo}; it never approves.`
      : 'Silence then ends it; it never approves.'
  const at = changedAt(state, stage)
  const left = duration(Math.max(0, end - at))
  return [
    words('Until '),
    time(end),
    ...(left === '' ? [words('. ')] : [words(`: ${left} were left at `), time(at), words('. ')]),
    words(silence),
  ]
}

/** When what the card says of the waiting last changed: a card has no clock, and says what was left at a time. */
const changedAt = ({ submittedAt }: PendingRequest, { opensAt, escalatedAt, decisions }: StageState): number =>
  Math.max(opensAt ?? submittedAt, escalatedAt ?? 0, ...decisions.map(({ at }) => at))

/** What whoever ended it said of that: the agent's note, or somebody's reason. */
function noteOf(state: ApprovalRequest): string | undefined {
  const note = state.status === 'completed' ? state.note : 'reason' in state ? state.reason : undefined
  return note === undefined || note.trim() === '' ? undefined : clamp(inert(note), 240).text
}

/** What somebody said, in one line, between quotes that it cannot close. */
const quoted = (text: string, limit: number): string => `“${clamp(inert(text).replace(/[“”„‟]/g, "'"), limit).text}”`

/** Whoever ended it and, where they denied it in another's stead, whose right that was. */
function settlerOf(bundle: Pick<Bundle, 'directory'>, { stages }: ApprovalRequest, who: SettledBy): string {
  const own = stages
    .flatMap(({ decisions }) => decisions)
    .find((each) => each.verdict === 'deny' && each.person === who)
  const absent = own?.for
  return absent === undefined ? whoOf(bundle, who) : `${whoOf(bundle, who)} in the stead of ${whoOf(bundle, absent)}`
}

/** A person by name and id, as the directory has them; the system by ours. */
export function whoOf(bundle: Pick<Bundle, 'directory'>, who: SettledBy): string {
  if (who === 'system') return 'Hotwork, by rule'
  const name = personOf(bundle as Bundle, who)?.name
  return name === undefined ? who : `${clamp(inert(name), 64).text} (${who})`
}

/** Each stage: how many of how many, who and in whose stead, what they said, and whether it is its turn. */
export function stagesOf(facts: CardFacts, state: ApprovalRequest, lines: number): RichTextSection[] {
  const open = state.status === 'pending' ? openStage(state) : undefined
  return state.stages.map((stage) => section(...stageLine(facts, state, stage, open, lines)))
}

function stageLine(
  facts: CardFacts,
  state: ApprovalRequest,
  stage: StageState,
  open: StageState | undefined,
  lines: number,
): RichTextElement[] {
  const denials = stage.decisions.filter(({ verdict }) => verdict === 'deny')
  const unasked = stage.decisions.length === 0 && stage.opensAt === undefined && !filled(stage)
  if (unasked && state.status !== 'pending') return [bold(stage.terms.name), words(': its turn never came.')]
  const head = [
    bold(stage.terms.name),
    ...(denials.length > 0 && approversOf(stage).length === 0
      ? []
      : [
          words(`: approved ${approversOf(stage).length} of ${stage.terms.quorum}`),
          ...approvedBy(facts, stage, lines),
        ]),
    // Why stands above, beside the status.
    ...denials.map((denial) => words(`: denied by ${deciderOf(facts, denial)}`)),
  ]
  if (stage !== open) return [...head, ...(unasked ? [words('; not open yet.')] : stopAfter(head))]
  const until = stage.deadline === undefined ? [] : [words(' until '), time(stage.deadline)]
  return [...head, words('; open now'), ...until, words(`.${wantsOf(stage)}`)]
}

function approvedBy(facts: CardFacts, { decisions }: StageState, lines: number): RichTextElement[] {
  const approvals = decisions.filter(({ verdict }) => verdict === 'approve')
  const shown = approvals.slice(0, lines)
  const more = approvals.length > shown.length ? ` and ${approvals.length - shown.length} more` : ''
  return [
    ...shown.flatMap((decision, index) => [
      words(`${index === 0 ? ' by ' : ', '}${deciderOf(facts, decision)}`),
      ...(decision.comment === undefined ? [] : [words(': '), said(quoted(decision.comment, 160))]),
    ]),
    ...(more === '' ? [] : [words(more)]),
  ]
}

/** The end of a sentence; none after what a person said, which has its own. */
const stopAfter = (parts: readonly RichTextElement[]): RichTextElement[] => {
  const last = parts.at(-1)
  return last?.type === 'text' && last.style?.italic ? [] : [words('.')]
}

/** Both names where one decides in another's stead: whose right it was, and who used it. */
const deciderOf = (facts: Pick<CardFacts, 'directory'>, { person, for: absent }: Pick<Decision, 'person' | 'for'>) =>
  absent === undefined ? whoOf(facts, person) : `${whoOf(facts, person)} in the stead of ${whoOf(facts, absent)}`

/** Does approving here take more of a login than a press in Slack is? */
export const wantsLogin = ({ terms }: StageState): boolean => terms.acr !== undefined || terms.maxAge !== undefined

const wantsOf = (stage: StageState): string =>
  [
    wantsLogin(stage) ? ' Approving needs a stronger login than a click.' : '',
    stage.terms.comment === 'required' ? ' Approving needs a reason.' : '',
  ].join('')
