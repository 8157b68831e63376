// Rules: test/domain/break-glass/openings.test.ts, test/domain/break-glass/budget.test.ts
import * as z from 'zod'
import { digestOf } from '../digest.ts'
import { type Budget, type BudgetEntry, type Limits, type Opening, OpenRight } from '../record/opening.ts'
import { Alias, JsonObject, NumericDate, PersonId, Resource, Seconds } from '../values.ts'

/** A rolling window of seven days. Seconds. */
export const budgetWindow = 7 * 86_400
/** The longest window of an opening. Seconds. */
const longestWindow = 3600
/** The longest credential, which is renewed in a longer window. Seconds. */
export const longestCredential = 900
/** The uses of an opening, few enough for one record. */
export const usesOfOpening = 200
/** The time for a review. Seconds. */
export const reviewWithin = 86_400
/** The time before the end at which the person who opened it is warned. Seconds. */
export const warnBefore = 300

/** OpenID Connect `acr`, and the age of the login in seconds. */
const Login = z.strictObject({ acr: z.string().min(1).max(128).optional(), maxAge: Seconds.optional() })

const Terms = {
  window: Seconds.max(longestWindow),
  /** The time for all people together in seven days. Seconds. */
  budget: Seconds,
  /** The time after an end in which it cannot be opened again. Seconds. */
  coolDown: Seconds,
  login: Login,
  tell: z.strictObject({
    channel: Alias,
    people: z
      .array(z.union([PersonId, Alias]))
      .max(32)
      .optional(),
  }),
}

/** A profile: actions whose credentials are AWS's own. */
export const Profile = z.strictObject({
  name: Alias,
  title: z.string().min(1).max(128),
  environment: Alias,
  classification: Alias,
  group: Alias,
  rights: z.array(OpenRight).min(1).max(16),
  /** The date by which people recertify it. It stays usable afterwards, for emergencies. */
  recertifyBy: NumericDate.optional(),
  ...Terms,
})
export type Profile = z.infer<typeof Profile>

/** The file break-glass.json. Without it break-glass cannot be used. */
export const BreakGlassPolicy = z.strictObject({
  /** The form of an incident: a regular expression, anchored at both ends. */
  incident: z.string().min(1).max(256),
  /** An example of an incident, for people who cannot read a regular expression at 3 a.m. */
  incidentExample: z.string().min(1).max(128).optional(),
  budgetOfPerson: Seconds,
  /** Terms for a resource that no profile covers. */
  action: z.strictObject(Terms),
  profiles: z.array(Profile).max(64),
})
export type BreakGlassPolicy = z.infer<typeof BreakGlassPolicy>

export const current = (budget: Budget, now: NumericDate): Budget =>
  budget.filter(({ until, review }) => until > now - budgetWindow || review !== undefined)

/** The time spent in the last seven days. An opening counts in full if any part of it is in them. */
export const spent = (openings: readonly Pick<BudgetEntry, 'at' | 'until'>[], now: NumericDate): number =>
  openings.filter(({ until }) => until > now - budgetWindow).reduce((sum, { at, until }) => sum + (until - at), 0)

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

export const profileResource = (profile: string): Resource => ({ type: 'hotwork:profile', id: profile })

/** The form of an incident, in words that follow "it". */
export const incidentLooks = ({ incident, incidentExample }: Pick<BreakGlassPolicy, 'incident' | 'incidentExample'>) =>
  incidentExample === undefined ? `should match \`${incident}\`` : `should look like \`${incidentExample}\``

/** The rules of break-glass, if the deployment has any. */
export type OpeningRules = { breakGlass?: BreakGlassPolicy | undefined }

export const openingRulesOf = ({ breakGlass }: OpeningRules): BreakGlassPolicy | undefined => breakGlass

export const profileNamed = ({ breakGlass }: OpeningRules, name: string | undefined): Profile | undefined =>
  breakGlass?.profiles.find((each) => each.name === name)

/** Today's terms: of the opening's profile, or else of single actions. */
export const termsOf = (
  { budgetKey }: Pick<Opening, 'budgetKey'>,
  { breakGlass }: OpeningRules,
): BreakGlassPolicy['action'] | undefined =>
  breakGlass?.profiles.find(({ name }) => `profile:${name}` === budgetKey) ?? breakGlass?.action

export const loginWantedFor = (opening: Pick<Opening, 'budgetKey'>, rules: OpeningRules): Profile['login'] =>
  termsOf(opening, rules)?.login ?? {}

/** The lifetime of a prepared opening. Seconds. */
export const preparedFor = 600

/** An opening that a person prepared with a login too weak to open it. */
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

/** The store's key: a digest, so that only the person has the code. */
export const preparedKey = (code: string): string => `PREPARED#${digestOf('hotwork.prepared.v1', code)}`
