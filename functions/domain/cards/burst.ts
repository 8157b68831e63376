import * as z from 'zod'
import { digestOf } from '../digest.ts'
import { Alias } from '../policy/ladder.ts'
import { Refusal } from '../refusals.ts'
import { type ApprovalRequest, Verdict } from '../requests/request.ts'
import { type AskerId, Digest, type Json, NumericDate, PersonId, RequestId } from '../values.ts'
import { channelsOf, waitingStage } from './routing.ts'

/** A card of a burst shows no more. What is beyond that has the next one. */
export const mostMembers = 50
/** The highest tier of which several may be decided with one click. */
export const highestBulkTier = 1

/** What makes requests alike, so that somebody who reads one knows what the others are about. */
export const BurstKind = z.strictObject({
  agent: z.string(),
  action: z.string(),
  environment: z.string(),
  /** The stage that they wait for, and the alias of the channel in which its people are. */
  stage: Alias,
  channel: Alias,
})
export type BurstKind = z.infer<typeof BurstKind>

/** Under which key the cards of a burst are kept. */
export const burstKey = (kind: BurstKind): Digest => digestOf('hotwork.burst.v1', kind as unknown as Json)

/** The burst that a request would be of in a channel, while it waits for a stage whose people are there. */
export function burstOf(state: ApprovalRequest, channel: string): BurstKind | undefined {
  const stage = waitingStage(state)
  return stage && channelsOf(stage).includes(channel) ? kindFor(state, stage.terms.name, channel) : undefined
}

/** Every burst that it may be or have been of in a channel: one for each stage whose people are there. */
export const burstsOf = (state: ApprovalRequest, channel: string): readonly BurstKind[] =>
  state.stages
    .filter((stage) => channelsOf(stage).includes(channel))
    .map(({ terms }) => kindFor(state, terms.name, channel))

const kindFor = ({ ask }: ApprovalRequest, stage: string, channel: string): BurstKind => ({
  agent: ask.agent.id,
  action: ask.action,
  environment: ask.environment,
  stage,
  channel,
})

export const agentOfBurst = ({ agent }: BurstKind): AskerId => agent as AskerId

/** Whether a request waits as one of this burst. */
export function isOf(kind: BurstKind, state: ApprovalRequest): boolean {
  const own = burstOf(state, kind.channel)
  return own !== undefined && burstKey(own) === burstKey(kind)
}

/**
 * Where a request is shown in a channel: on a card of its own, on that of its burst, or on both, where it had its own
 * before there was a burst.
 *
 * @param alike how many wait like it, itself included
 */
export function placeOf(
  { hasCard, isMember, waits, alike }: { hasCard: boolean; isMember: boolean; waits: boolean; alike: number },
  burst: number,
): { own: boolean; shared: boolean } {
  const shared = isMember || (waits && alike > burst)
  return { own: hasCard || !shared, shared }
}

/** One of a list, just as it was shown. */
export const Member = z.strictObject({ id: RequestId, round: z.int().positive(), digest: Digest })
export type Member = z.infer<typeof Member>

export const memberOf = ({ ask, round }: ApprovalRequest): Member => ({ id: ask.id, round, digest: ask.digest })

/** What a click on a list is bound to: exactly these, as they were. */
export const listDigest = (members: readonly Member[]): Digest =>
  digestOf('hotwork.burst-list.v1', members as unknown as Json)

/** Whether one click may decide it together with others: never above tier 1, nor where each needs more than a click. */
export function isBulkable(state: ApprovalRequest): boolean {
  const stage = waitingStage(state)
  if (!stage || state.tier > highestBulkTier) return false
  const { acr, maxAge, comment } = stage.terms
  return acr === undefined && maxAge === undefined && comment === undefined
}

/** One click that decides a list: recorded once, before any of them is decided. */
export const BurstClick = z.strictObject({
  person: PersonId,
  verdict: Verdict,
  at: NumericDate,
  kind: BurstKind,
  generation: z.int().positive(),
  members: z.array(Member).min(1).max(mostMembers),
  list: Digest,
  /** The digest of the card as it was rendered. */
  seen: Digest.optional(),
})
export type BurstClick = z.infer<typeof BurstClick>

/** So long after a click its decisions may still be made. What comes later would surprise whoever clicked. Seconds. */
export const clickLasts = 900

/** What came of a click: which of the list were not decided by it, and why. */
export const BurstOutcome = z.strictObject({
  person: PersonId,
  verdict: Verdict,
  at: NumericDate,
  decided: z.int().nonnegative(),
  refused: z.array(z.strictObject({ id: RequestId, code: Refusal })).max(mostMembers),
})
export type BurstOutcome = z.infer<typeof BurstOutcome>
