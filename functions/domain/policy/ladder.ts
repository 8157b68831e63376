import * as z from 'zod'
import { type Given, type Login, lackOf, weakStandIn } from '../people/login-strength.ts'
import { Alias, type NumericDate, PersonId, Seconds } from '../values.ts'
import { canFill, fillingOf, seatsIn } from './filling.ts'

/** `perMinute` over time, and up to `burst` at once after a pause. */
export const Rate = z.strictObject({ perMinute: z.int().min(1).max(60_000), burst: z.int().min(1).max(10_000) })
export type Rate = z.infer<typeof Rate>

/** The most evaluations in one message: a smaller burst would always refuse it. */
export const mostEvaluations = 50

/** The longest hold of a read. A smaller burst could not pay for it. Seconds. */
export const longestHold = 25

const usualRates = {
  submissions: { perMinute: 60, burst: 120 },
  evaluations: { perMinute: 600, burst: 200 },
  // The rate of held reads: one token is one second.
  heldReads: { perMinute: 300, burst: 150 },
} as const satisfies { [kind: string]: Rate }
export type RateKind = keyof typeof usualRates

/** `fullAt`: milliseconds since 1970. `retryAfter`: seconds. */
export type Taken = { permitted: true; fullAt: number } | { permitted: false; retryAfter: number }

/** Generic cell rate algorithm: a bucket is the time at which it is full again. */
export function takeTokens(
  { perMinute, burst }: Rate,
  fullAt: number | undefined,
  tokens: number,
  now: NumericDate,
): Taken {
  const at = now * 1000
  const next = Math.max(fullAt ?? 0, at) + Math.ceil((tokens * 60_000) / perMinute)
  const early = next - at - Math.floor((burst * 60_000) / perMinute)
  return early <= 0
    ? { permitted: true, fullAt: next }
    : { permitted: false, retryAfter: Math.max(1, Math.ceil(early / 1000)) }
}

/** The channel of a stage whose cards go to the groups that own the resource. */
export const owners = '{owners}'

const StageChannel = z
  .string()
  .refine((name) => name === owners || Alias.safeParse(name).success, `an alias of a channel, or \`${owners}\``)

/** Silence is never consent: it ends the request, or widens its approvers. */
const OnSilence = z.union([
  z.literal('expire'),
  z.strictObject({
    escalateTo: Alias,
    deadline: Seconds,
    /** The channel for the escalation's card. */
    channel: Alias.optional(),
  }),
])

/** A stage. Its name is in Cedar's `approve` question, by which policy says who may approve. */
export const Stage = z.strictObject({
  name: Alias,
  channel: StageChannel,
  /** The channel if posting fails, or if a group has none. */
  fallbackChannel: Alias.optional(),
  quorum: z.int().min(1),
  /** The deadline, from the opening of the stage. Seconds. */
  deadline: Seconds,
  onSilence: OnSilence,
  /** OpenID Connect `acr`, and the age of the login. */
  acr: z.string().min(1).max(128).optional(),
  maxAge: Seconds.optional(),
  /** Requires a comment for an approval. A denial never needs one. */
  comment: z.literal('required').optional(),
  /** True if an approval needs the typed name of the resource. The file sets it on the tier. */
  typeTheName: z.literal(true).optional(),
  /** The people to notify directly, if they may decide. Quiet people may decide and are never notified. */
  notify: z
    .strictObject({ direct: z.array(z.union([PersonId, Alias])).max(32), quiet: z.array(PersonId).max(64).optional() })
    .optional(),
  /** The first reminder comes `after` the opening, each next one after twice the time. */
  remind: z.strictObject({ after: Seconds, times: z.int().min(1).max(6) }).optional(),
})
export type Stage = z.infer<typeof Stage>

/** `claimWithin`: the time to claim a grant. `lifetime`: its time after that. Seconds. */
export const GrantTerms = z.strictObject({ claimWithin: Seconds, lifetime: Seconds, uses: z.int().min(1).max(1000) })
export type GrantTerms = z.infer<typeof GrantTerms>

export const Tier = z.strictObject({
  tier: z.int().nonnegative(),
  name: z.string().min(1).max(64),
  stages: z.array(Stage).max(8),
  /** Requires a reason from the agent, in words. */
  justification: z.literal('required').optional(),
  /** Requires that the incident service knows the parent task at the submission. */
  parentTask: z.literal('live').optional(),
  grant: GrantTerms,
})
export type Tier = z.infer<typeof Tier>

/** Limits of requests, since people who are asked too often stop reading. */
const Limits = z.strictObject({
  openPerAgent: z.int().min(1).max(1000),
  openPerOwner: z.int().min(1).max(5000),
  /** The most alike requests of one agent with a card each; more share a card. */
  burst: z.int().min(1).max(100),
  submissions: Rate.optional(),
  /** Each evaluation of a message counts. */
  evaluations: Rate.extend({ burst: Rate.shape.burst.min(mostEvaluations) }).optional(),
  /** The rate of held reads, in seconds. Reads above it are answered at once. */
  heldReads: Rate.extend({ burst: Rate.shape.burst.min(longestHold) }).optional(),
})
type Limits = z.infer<typeof Limits>

/** The ladder. Its first tier is 0 and has no stages. */
export const Ladder = z.strictObject({ tiers: z.array(Tier).min(1).max(16), limits: Limits.optional() })
export type Ladder = z.infer<typeof Ladder>

const usualLimits: Limits = { openPerAgent: 100, openPerOwner: 200, burst: 20 }
export const limitsOf = ({ limits = usualLimits }: Pick<Ladder, 'limits'>): Limits => limits
export const rateOf = ({ limits }: Pick<Ladder, 'limits'>, kind: RateKind): Rate => limits?.[kind] ?? usualRates[kind]

export type Approval = {
  readonly person: string
  /** The stage's own name, also once escalated. */
  readonly stage: string
  /** The stage's name, or its escalation's. */
  readonly as: string
  readonly at: NumericDate
  readonly comment?: string | undefined
  /** The name of the resource was typed, exactly. */
  readonly typed?: true | undefined
  readonly login?: Login | undefined
  /** The person whose right was used. */
  readonly for?: string | undefined
  readonly given?: Given | undefined
}

export function unmetBy(
  {
    comment = '',
    login = {},
    at,
    typed,
    ...right
  }: Pick<Approval, 'comment' | 'typed' | 'login' | 'at' | 'for' | 'given'>,
  { comment: wanted, typeTheName, ...strength }: Pick<Stage, 'comment' | 'typeTheName' | 'acr' | 'maxAge'>,
): { code: 'comment_required' | 'name_mismatch' } | { code: 'insufficient_login'; detail: string } | undefined {
  if (wanted === 'required' && comment.trim() === '') return { code: 'comment_required' }
  if (typeTheName && !typed) return { code: 'name_mismatch' }
  // The giver's login must be strong enough too, or a weak login could pass on a right that needs a strong one. A
  // missing login counts as weak.
  const { login: givers = {}, at: givenAt } = right.given ?? { at }
  if (right.for !== undefined && lackOf(givers, strength, givenAt) !== undefined)
    return { code: 'insufficient_login', detail: weakStandIn }
  const lacks = lackOf(login, strength, at)
  return lacks === undefined ? undefined : { code: 'insufficient_login', detail: lacks }
}

/**
 * The highest rung with a quorum in each of its stages, on their present terms; each person counts in one stage. It is
 * computed at each question: a tier is not a stored right.
 */
export function satisfiedTier(ladder: Ladder, approvals: readonly Approval[]): number {
  let highest = 0
  for (const { tier, stages } of ladder.tiers) {
    // A quick check, since every use asks: fewer approvals than seats cannot match.
    if (tier <= highest || approvals.length < seatsIn(stages)) continue
    if (canFill(stages.map((stage) => ({ quorum: stage.quorum, people: approversOf(approvals, stage) }))))
      highest = tier
  }
  return highest
}

const approversOf = (approvals: readonly Approval[], stage: Stage) =>
  approvals
    .filter(({ stage: name, as }) => name === stage.name && fillingOf({ terms: stage }).allNames.includes(as))
    .filter((approval) => unmetBy(approval, stage) === undefined)
    .map(({ person }) => person)

export const tierOf = (ladder: Ladder, tier: number): Tier | undefined =>
  ladder.tiers.find((rung) => rung.tier === tier)
