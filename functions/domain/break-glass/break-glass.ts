import * as z from 'zod'
import { digestOf } from '../digest.ts'
import { Alias } from '../policy/ladder.ts'
import { Digest, JsonObject, NumericDate, PersonId, RequestId, Resource, Seconds } from '../values.ts'

/** Seven days: minutes of break-glass are budgeted over as long, rolling. Seconds. */
export const budgetWindow = 7 * 86_400
/** No window is longer, whatever a profile says. Seconds. */
const longestWindow = 3600
/** A credential for the person is never longer, however long the window: it is renewed inside it. Seconds. */
export const longestCredential = 900
/** So often a tool can be used with one opening: more than anybody needs, and few enough to stand in one record. */
export const usesOfOpening = 200
/** A review is due so long after the opening. Seconds. */
export const reviewWithin = 86_400

/** How strong and how fresh a login break-glass needs (OpenID Connect `acr`, and its age). */
const Login = z.strictObject({ acr: z.string().min(1).max(128).optional(), maxAge: Seconds.optional() })

/** How long, how often, after whom, and who hears of it. */
const Terms = {
  /** The longest opening. */
  window: Seconds.max(longestWindow),
  /** What may be opened of it in seven days by everybody together. */
  budget: Seconds,
  /** How long after an end nobody opens it again. */
  coolDown: Seconds,
  login: Login,
  /** The channel of the loud card, and who is told directly beside those who were skipped. */
  tell: z.strictObject({
    channel: Alias,
    people: z
      .array(z.union([PersonId, Alias]))
      .max(32)
      .optional(),
  }),
}

/** What a profile opens: an action of the catalogue on any resource that one of these patterns covers (`*` alone). */
export const OpenRight = z.strictObject({ action: z.string(), resources: z.array(z.string().min(1).max(2048)).min(1) })
export type OpenRight = z.infer<typeof OpenRight>

/** A named set of actions and resources for one kind of emergency. Only actions whose credential is AWS's own. */
export const Profile = z.strictObject({
  name: Alias,
  title: z.string().min(1).max(128),
  environment: Alias,
  classification: Alias,
  group: Alias,
  rights: z.array(OpenRight).min(1).max(16),
  ...Terms,
})
export type Profile = z.infer<typeof Profile>

/** What a deployer says of break-glass. Without it nobody can. */
export const BreakGlassPolicy = z.strictObject({
  /** What an incident looks like, as a regular expression that is anchored at both ends. */
  incident: z.string().min(1).max(256),
  /** One that matches, which is what people are shown: nobody reads a regular expression at 3 a.m. */
  incidentExample: z.string().min(1).max(128).optional(),
  /** What one person may open in seven days, of everything together. */
  budgetOfPerson: Seconds,
  /** For one catalogue action with its arguments, where no profile covers its resource. */
  action: z.strictObject(Terms),
  profiles: z.array(Profile).max(64),
})
export type BreakGlassPolicy = z.infer<typeof BreakGlassPolicy>

/** What was said when break-glass is used, and on which terms it was. */
export const Opening = z.strictObject({
  /** The profile; without it, the one action that the ask names. */
  profile: Alias.optional(),
  rights: z.array(OpenRight).min(1),
  reason: z.string(),
  incident: z.string(),
  /** The window that was asked for and given. Seconds. */
  window: Seconds,
  coolDown: Seconds,
  /** What its minutes are counted against beside the person: the profile, or the action's own resource. */
  budgetKey: z.string(),
  /** Goes the whole way with credentials that can do nothing. */
  drill: z.boolean(),
  /** Who else vouched for it, where a review was overdue. */
  secondedBy: PersonId.optional(),
  /** The sealed role was used, outside Hotwork: no credential comes of it here, only a review. */
  sealed: z.literal(true).optional(),
})
export type Opening = z.infer<typeof Opening>

/** A look at what was done, by somebody else. It is due whatever becomes of the request. */
export const Review = z.strictObject({
  dueAt: NumericDate,
  overdueAt: NumericDate.optional(),
  done: z
    .strictObject({
      by: PersonId,
      at: NumericDate,
      outcome: z.enum(['justified', 'not_justified']),
      note: z.string(),
    })
    .optional(),
})
export type Review = z.infer<typeof Review>

/** One opening as a budget remembers it: `until` is its end, which an early end brings forward. */
export const BudgetEntry = z.strictObject({
  id: RequestId,
  at: NumericDate,
  until: NumericDate,
  /** When its review is due, while that is not done. */
  review: NumericDate.optional(),
  /** Of the reason in its plainest form: the same words are not a reason twice. */
  reason: Digest,
})
export type BudgetEntry = z.infer<typeof BudgetEntry>

/** All openings that still count against one person or one profile. Drills have budgets of their own. */
export const Budget = z.array(BudgetEntry)
export type Budget = z.infer<typeof Budget>

/** The openings of a budget that still bear on a new one: of the last seven days, or with a review to be done. */
export const current = (budget: Budget, now: NumericDate): Budget =>
  budget.filter(({ until, review }) => until > now - budgetWindow || review !== undefined)

/** Seconds that were opened in the last seven days. An opening counts whole while any of it lies inside them. */
export const spent = (openings: readonly Pick<BudgetEntry, 'at' | 'until'>[], now: NumericDate): number =>
  openings.filter(({ until }) => until > now - budgetWindow).reduce((sum, { at, until }) => sum + (until - at), 0)

/** `alone`: one opening at a time, and none soon after. That bounds a person; a profile may be open to two. */
export type Limits = { window: number; budget: number; alone?: { coolDown: number } }

/** Why one budget refuses a new opening now. A clock that went back finds what it had not yet: still a no. */
export function refusedBy(
  budget: Budget,
  { window, budget: seconds, alone }: Limits,
  now: NumericDate,
): 'already_open' | 'cool_down' | 'budget_spent' | 'review_overdue' | undefined {
  if (alone && budget.some(({ until }) => now < until)) return 'already_open'
  if (alone && budget.some(({ until }) => now < until + alone.coolDown)) return 'cool_down'
  if (spent(budget, now) + window > seconds) return 'budget_spent'
  return budget.some(({ review }) => review !== undefined && review <= now) ? 'review_overdue' : undefined
}

/** The resource of an opening of a profile: the profile itself. */
export const profileResource = (profile: string): Resource => ({ type: 'hotwork:profile', id: profile })

/** What an incident looks like, in words that go on after "it". */
export const incidentLooks = ({ incident, incidentExample }: Pick<BreakGlassPolicy, 'incident' | 'incidentExample'>) =>
  incidentExample === undefined ? `should match \`${incident}\`` : `should look like \`${incidentExample}\``

/** How strong a login what was opened takes, as it is today: its profile's, or that of single actions. */
export const loginWantedFor = (
  { budgetKey }: Pick<Opening, 'budgetKey'>,
  { breakGlass }: { breakGlass?: BreakGlassPolicy | undefined },
): Profile['login'] =>
  (breakGlass?.profiles.find(({ name }) => `profile:${name}` === budgetKey) ?? breakGlass?.action)?.login ?? {}

/** How long what was prepared can be opened: it is for an emergency that is going on now. Seconds. */
export const preparedFor = 600

/** What a person has said they would open in an opening, at a door that cannot prove who they are well enough. */
export const PreparedOpening = z.strictObject({
  person: PersonId,
  what: z.union([
    z.strictObject({ profile: z.string() }),
    z.strictObject({ action: z.string(), arguments: JsonObject, resource: Resource.optional() }),
  ]),
  reason: z.string(),
  incident: z.string(),
  minutes: z.int().positive(),
  drill: z.boolean(),
  until: NumericDate,
})
export type PreparedOpening = z.infer<typeof PreparedOpening>

/** Under which key it waits: made of the code that only the person was shown, and no way back to that. */
export const preparedKey = (code: string): string => `PREPARED#${digestOf('hotwork.prepared.v1', code)}`
