import * as z from 'zod'
import { type Given, type Login, lackOf, weakStandIn } from '../people/login-strength.ts'
import { canFill } from '../requests/matching.ts'
import { type NumericDate, PersonId, Seconds } from '../values.ts'

/** How often a caller may call: `perMinute` over time, and up to `burst` at once after a rest. */
export const Rate = z.strictObject({ perMinute: z.int().min(1).max(60_000), burst: z.int().min(1).max(10_000) })
export type Rate = z.infer<typeof Rate>

/** One message may ask for so many evaluations, so a smaller burst would refuse it for ever. */
export const mostEvaluations = 50

/** How long a read of a task may be held while nothing changes, in seconds. A smaller burst would hold none so long. */
export const longestHold = 25

/** What holds where the ladder names no rates. */
const usualRates = {
  submissions: { perMinute: 60, burst: 120 },
  evaluations: { perMinute: 600, burst: 200 },
  // A token is a second: five reads of an agent are held at a time, and eleven after a rest.
  heldReads: { perMinute: 300, burst: 150 },
} as const satisfies { [kind: string]: Rate }
export type RateKind = keyof typeof usualRates

/** `fullAt`: when the whole burst is there again, in milliseconds since 1970. `retryAfter` is in seconds. */
export type Taken = { permitted: true; fullAt: number } | { permitted: false; retryAfter: number }

/**
 * Takes tokens from a caller's bucket (generic cell rate algorithm): the bucket is one time, the one at which it is full
 * again. Each token moves it on, and it may lie ahead by one burst at most.
 */
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

/** A name that a policy folder gives to something of its own: a stage, a channel, a group, an issuer, an account. */
export const Alias = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/, 'lower case letters, digits and hyphens, a letter first')
export type Alias = z.infer<typeof Alias>

/** What a missed deadline does. Silence is never consent: it can only end the request, or widen who may decide. */
const OnSilence = z.union([
  z.literal('expire'),
  z.strictObject({
    escalateTo: Alias,
    deadline: Seconds,
    /** Where those who are asked then are, if not in the stage's own channel: the card is posted there too. */
    channel: Alias.optional(),
  }),
])

/** One step of a tier: who may decide is a Cedar `approve` question with this name in its context. */
export const Stage = z.strictObject({
  name: Alias,
  channel: Alias,
  quorum: z.int().min(1),
  /** Counted from the opening of the stage. */
  deadline: Seconds,
  onSilence: OnSilence,
  /** How strong a login a decision needs (OpenID Connect `acr`), and how old it may be. */
  acr: z.string().min(1).max(128).optional(),
  maxAge: Seconds.optional(),
  /** Whether an approval must say why. A denial may, always. */
  comment: z.literal('required').optional(),
  /**
   * Who is told directly, beside the card in the channel: these people and the people of these groups, as far as they may
   * decide and are not among the quiet, who may decide and are never pinged.
   */
  notify: z
    .strictObject({ direct: z.array(z.union([PersonId, Alias])).max(32), quiet: z.array(PersonId).max(64).optional() })
    .optional(),
  /** When those who have not decided are reminded: first after `after`, then after twice as long each time. */
  remind: z.strictObject({ after: Seconds, times: z.int().min(1).max(6) }).optional(),
})
export type Stage = z.infer<typeof Stage>

/** How long a grant may wait for its first claim, how long it lives from then on, and how often it may be used. */
export const GrantTerms = z.strictObject({ claimWithin: Seconds, lifetime: Seconds, uses: z.int().min(1).max(1000) })
export type GrantTerms = z.infer<typeof GrantTerms>

/** A rung: the scrutiny that a request needs, and what the grant that it earns is good for. */
export const Tier = z.strictObject({
  tier: z.int().nonnegative(),
  name: z.string().min(1).max(64),
  stages: z.array(Stage).max(8),
  grant: GrantTerms,
})
export type Tier = z.infer<typeof Tier>

/** How much may wait for people at once, since people who are asked too often stop reading, and how often agents may call. */
const Limits = z.strictObject({
  /** Requests of one agent that wait for people. */
  openPerAgent: z.int().min(1).max(1000),
  /** The same over all agents of one owner. */
  openPerOwner: z.int().min(1).max(5000),
  /** So many alike of one agent have a card each in a channel; with more they share one. */
  burst: z.int().min(1).max(100),
  /** How often one agent may submit or delegate. */
  submissions: Rate.optional(),
  /** How often one agent or tool may evaluate: each evaluation of a message counts. */
  evaluations: Rate.extend({ burst: Rate.shape.burst.min(mostEvaluations) }).optional(),
  /** How long the reads of one agent may be held, in seconds; further ones are answered at once. */
  heldReads: Rate.extend({ burst: Rate.shape.burst.min(longestHold) }).optional(),
})
type Limits = z.infer<typeof Limits>

/** The rungs from the lowest up. The first is tier 0 and has no stages. */
export const Ladder = z.strictObject({ tiers: z.array(Tier).min(1).max(16), limits: Limits.optional() })
export type Ladder = z.infer<typeof Ladder>

/** What holds where the ladder names no limits. */
const usualLimits: Limits = { openPerAgent: 100, openPerOwner: 200, burst: 20 }
export const limitsOf = ({ limits = usualLimits }: Pick<Ladder, 'limits'>): Limits => limits
export const rateOf = ({ limits }: Pick<Ladder, 'limits'>, kind: RateKind): Rate => limits?.[kind] ?? usualRates[kind]

/** An approval as it is on record: who gave it, for what, and with which reason and login. */
export type Approval = {
  readonly person: string
  /** The stage's own name, also where it has escalated. */
  readonly stage: string
  /** The name under which the person was eligible: the stage's, or the one it escalated to. */
  readonly as: string
  readonly at: NumericDate
  readonly comment?: string | undefined
  readonly login?: Login | undefined
  /** Whose right it was, where it was another's, and with which login that one named this person. */
  readonly for?: string | undefined
  readonly given?: Given | undefined
}

/** What a stage asks of an approval beside the right to give it, and this one lacks: a reason, or a login. */
export function unmetBy(
  { comment = '', login = {}, at, ...right }: Pick<Approval, 'comment' | 'login' | 'at' | 'for' | 'given'>,
  { comment: wanted, ...strength }: Pick<Stage, 'comment' | 'acr' | 'maxAge'>,
): { code: 'comment_required' } | { code: 'insufficient_login'; detail: string } | undefined {
  if (wanted === 'required' && comment.trim() === '') return { code: 'comment_required' }
  // A weak login hands on no right that takes a strong one. What has no login on record had a weak one.
  const { login: givers = {}, at: givenAt } = right.given ?? { at }
  if (right.for !== undefined && lackOf(givers, strength, givenAt) !== undefined)
    return { code: 'insufficient_login', detail: weakStandIn }
  const lacks = lackOf(login, strength, at)
  return lacks === undefined ? undefined : { code: 'insufficient_login', detail: lacks }
}

/**
 * The highest rung each of whose stages has its quorum of distinct people, each person counted in one stage only. An
 * approval counts for a stage on the terms that the stage has now: name, reason and login. Computed anew at each question over the ladder now in force, so a tier is never a stored right.
 */
export function satisfiedTier(ladder: Ladder, approvals: readonly Approval[]): number {
  let highest = 0
  for (const { tier, stages } of ladder.tiers) {
    const places = stages.reduce((sum, { quorum }) => sum + quorum, 0)
    // Asked at every use of a tool: where there are fewer approvals than places, nobody need be seated to see it.
    if (tier <= highest || approvals.length < places) continue
    if (canFill(stages.map((stage) => ({ quorum: stage.quorum, people: approversOf(approvals, stage) }))))
      highest = tier
  }
  return highest
}

const approversOf = (approvals: readonly Approval[], stage: Stage) =>
  approvals
    .filter(({ stage: name, as }) => name === stage.name && namesOfTier({ stages: [stage] }).includes(as))
    .filter((approval) => unmetBy(approval, stage) === undefined)
    .map(({ person }) => person)

/** The terms of a rung. */
export const tierOf = (ladder: Ladder, tier: number): Tier | undefined =>
  ladder.tiers.find((rung) => rung.tier === tier)

/** The names under which the stages of a rung may be decided: each stage's own, and the one it may escalate to. */
export const namesOfTier = ({ stages }: Pick<Tier, 'stages'>): readonly string[] => [
  ...new Set(stages.flatMap(({ name, onSilence }) => (onSilence === 'expire' ? [name] : [name, onSilence.escalateTo]))),
]
