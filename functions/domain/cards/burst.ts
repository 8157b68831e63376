import * as z from 'zod'
import { digestOf } from '../digest.ts'
import { rulesOf } from '../record/origin.ts'
import { type ApprovalRequest, openStage } from '../record/request.ts'
import { typeThisOf } from '../record/typed-name.ts'
import { Refusal } from '../refusals.ts'
import { Alias, type AskerId, Digest, type Json, NumericDate, PersonId, RequestId, Verdict } from '../values.ts'
import { channelsOf } from './routing.ts'

/** The most requests on one card of a burst; the next card has the rest. */
export const mostMembers = 50
/** The highest tier whose requests one click may decide together. */
const highestBulkTier = 1

/** The members in which alike requests agree. */
export const BurstKind = z.strictObject({
  agent: z.string(),
  action: z.string(),
  environment: z.string(),
  /** The stage that they wait for, and its channel's alias. */
  stage: Alias,
  channel: Alias,
})
export type BurstKind = z.infer<typeof BurstKind>

export const burstKey = (kind: BurstKind): Digest => digestOf('hotwork.burst.v1', kind as unknown as Json)

/** The burst of a request in a channel, while it waits for an open stage. */
export function burstOf(state: ApprovalRequest, channel: string): BurstKind | undefined {
  const stage = openStage(state)
  return stage && channelsOf(stage).includes(channel) ? kindFor(state, stage.terms.name, channel) : undefined
}

/** Each burst that the request may be in, or may have been in, in a channel. */
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
 * The place of a request in a channel: its own card, the card of its burst, or both if its own card came first.
 * @param alike the number of waiting requests alike, including this one
 */
export function placeOf(
  { hasCard, isMember, waits, alike }: { hasCard: boolean; isMember: boolean; waits: boolean; alike: number },
  burst: number,
): { own: boolean; shared: boolean } {
  const shared = isMember || (waits && alike > burst)
  return { own: hasCard || !shared, shared }
}

/** A request of a list, as a person saw it. */
export const Member = z.strictObject({ id: RequestId, round: z.int().positive(), digest: Digest })
export type Member = z.infer<typeof Member>

export const memberOf = ({ ask, round }: ApprovalRequest): Member => ({ id: ask.id, round, digest: ask.digest })

export const listDigest = (members: readonly Member[]): Digest =>
  digestOf('hotwork.burst-list.v1', members as unknown as Json)

/** Whether the rule lets one click decide it together with others. */
export const mayBeInBulk = ({ ask, tier }: Pick<ApprovalRequest, 'ask' | 'tier'>): boolean =>
  tier <= highestBulkTier && rulesOf(ask).inBulk && ask.runsAs === undefined

/** Whether an approval needs more than a list shows: people's words to its agent, or the typed name of its resource. */
export const wantsMore = (state: Pick<ApprovalRequest, 'ask' | 'questions' | 'stages'>): boolean =>
  [state.ask.revises, state.ask.suggestedBy, state.ask.told, state.questions, typeThisOf(state)].some(
    (each) => each !== undefined,
  )

/** Whether one click may decide it together with others: the rule permits it, and its stage needs only a click. */
export function isBulkable(state: ApprovalRequest): boolean {
  const stage = openStage(state)
  if (!stage || !mayBeInBulk(state)) return false
  const { acr, maxAge, comment, typeTheName } = stage.terms
  return [acr, maxAge, comment, typeTheName].every((each) => each === undefined)
}

/** A click that decides a list. It is recorded before the first decision. */
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

/** The time in which a click's decisions are made. Seconds. */
export const clickLasts = 900

/** The outcome of a click. `refused`: the requests that it did not decide, each with the reason. */
export const BurstOutcome = z.strictObject({
  person: PersonId,
  verdict: Verdict,
  at: NumericDate,
  decided: z.int().nonnegative(),
  refused: z.array(z.strictObject({ id: RequestId, code: Refusal })).max(mostMembers),
})
export type BurstOutcome = z.infer<typeof BurstOutcome>
