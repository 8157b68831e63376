import * as z from 'zod'
import { digestOf } from '../digest.ts'
import { rulesOf } from '../record/origin.ts'
import { type ApprovalRequest, openStage } from '../record/request.ts'
import { Refusal } from '../refusals.ts'
import { Alias, type AskerId, Digest, type Json, NumericDate, PersonId, RequestId, Verdict } from '../values.ts'
import { channelsOf } from './routing.ts'

/** A card of a burst shows no more; the next card has the rest. */
export const mostMembers = 50
/** The highest tier whose requests one click may decide together. */
const highestBulkTier = 1

/** What makes requests alike. */
export const BurstKind = z.strictObject({
  agent: z.string(),
  action: z.string(),
  environment: z.string(),
  /** The stage that they wait for, and the alias of its channel. */
  stage: Alias,
  channel: Alias,
})
export type BurstKind = z.infer<typeof BurstKind>

export const burstKey = (kind: BurstKind): Digest => digestOf('hotwork.burst.v1', kind as unknown as Json)

/** The burst that a request would be of in a channel, while it waits for a stage whose people are there. */
export function burstOf(state: ApprovalRequest, channel: string): BurstKind | undefined {
  const stage = openStage(state)
  return stage && channelsOf(stage).includes(channel) ? kindFor(state, stage.terms.name, channel) : undefined
}

/** Each burst that it may be or have been of in a channel. */
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

export function isOf(kind: BurstKind, state: ApprovalRequest): boolean {
  const own = burstOf(state, kind.channel)
  return own !== undefined && burstKey(own) === burstKey(kind)
}

/**
 * Where a request is shown in a channel: on a card of its own, on that of its burst, or on both, if its own came first.
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

/** A request of a list, as it was shown. */
export const Member = z.strictObject({ id: RequestId, round: z.int().positive(), digest: Digest })
export type Member = z.infer<typeof Member>

export const memberOf = ({ ask, round }: ApprovalRequest): Member => ({ id: ask.id, round, digest: ask.digest })

export const listDigest = (members: readonly Member[]): Digest =>
  digestOf('hotwork.burst-list.v1', members as unknown as Json)

/** Whether the rule lets a click decide it with others. */
export const mayBeInBulk = ({ ask, tier }: Pick<ApprovalRequest, 'ask' | 'tier'>): boolean =>
  tier <= highestBulkTier && rulesOf(ask).inBulk

/** Whether one click may decide it with others: not where the rule says no, nor where its stage needs more than a click. */
export function isBulkable(state: ApprovalRequest): boolean {
  const stage = openStage(state)
  if (!stage || !mayBeInBulk(state)) return false
  const { acr, maxAge, comment } = stage.terms
  return acr === undefined && maxAge === undefined && comment === undefined
}

/** A click that decides a list. It is recorded before any of them is decided. */
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

/** How long after a click its decisions may still be made: later they would surprise the person. Seconds. */
export const clickLasts = 900

/** What came of a click. `refused`: those that it did not decide, and why. */
export const BurstOutcome = z.strictObject({
  person: PersonId,
  verdict: Verdict,
  at: NumericDate,
  decided: z.int().nonnegative(),
  refused: z.array(z.strictObject({ id: RequestId, code: Refusal })).max(mostMembers),
})
export type BurstOutcome = z.infer<typeof BurstOutcome>
