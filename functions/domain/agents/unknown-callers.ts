// Rules: test/operations/agents/unknown-callers.test.ts
import * as z from 'zod'
import { type Issuer, kindOf, nameOfIssuer } from '../people/identity-issuer.ts'
import { fitsPattern } from '../people/organisation.ts'
import { dayOf, NumericDate } from '../values.ts'

/** The most subjects of one issuer that are listed on one day. */
export const mostListed = 200
/** The number of calls by subjects that are not listed, of one issuer on one day, from which it is a flood. */
export const manyOthers = 1000

const day = 86_400
/** The days that people are shown. */
export const shownDays = 7
/** The time for which a day's row is kept. Seconds. */
export const keptFor = 90 * day

const Seen = z.strictObject({ first: NumericDate, last: NumericDate, calls: z.int().positive() })
type Seen = z.infer<typeof Seen>

/** The calls of one issuer's unknown callers on one day of UTC: listed subjects, and the number of all other calls. */
export const UnknownDay = z.strictObject({
  listed: z.record(z.string(), Seen),
  others: z.int().nonnegative(),
  /** True after the alarm of this day. */
  flooded: z.literal(true).optional(),
})
export type UnknownDay = z.infer<typeof UnknownDay>

export const nothingUnknown: UnknownDay = { listed: {}, others: 0 }

/** The days up to now, the latest first. */
export const daysUntil = (now: NumericDate, count: number): readonly string[] =>
  Array.from({ length: count }, (_, ago) => dayOf(now - ago * day))

/** Visible ASCII, so that a subject can be shown anywhere, and 200 of them fit into one row. `__proto__` is refused. */
const showable = /^(?!__proto__$)[\x21-\x7e]{1,512}$/

/** Whether a subject matches a pattern, and so is listed by name. */
export const isExpected = ({ expected = [] }: Pick<Issuer, 'expected'>, subject: string): boolean =>
  showable.test(subject) && expected.some((pattern) => fitsPattern(pattern, subject))

/** Adds calls to a day. `isFlood`: the day's limit was passed for the first time. */
export function addCalls(before: UnknownDay, more: UnknownDay): { day: UnknownDay; isFlood: boolean } {
  const listed = { ...before.listed }
  let others = before.others + more.others
  let isFull = false
  for (const [subject, seen] of Object.entries(more.listed)) {
    const known = Object.hasOwn(listed, subject) ? listed[subject] : undefined
    if (known) listed[subject] = joined(known, seen)
    else if (Object.keys(listed).length < mostListed) listed[subject] = seen
    else {
      others += seen.calls
      isFull = true
    }
  }
  const isFlood = before.flooded === undefined && (isFull || others >= manyOthers)
  return { day: { listed, others, ...((before.flooded ?? isFlood) ? { flooded: true } : {}) }, isFlood }
}

export const joined = (one: Seen, other: Seen): Seen => ({
  first: Math.min(one.first, other.first),
  last: Math.max(one.last, other.last),
  calls: one.calls + other.calls,
})

/** Issuers from which any account of the internet gets tokens, for any audience. */
const publicIssuers = new Set([
  'token.actions.githubusercontent.com',
  'gitlab.com',
  'accounts.google.com',
  'agent.buildkite.com',
  'app.terraform.io',
  'oidc.vercel.com',
  'oidc.codefresh.io',
  'cognito-identity.amazonaws.com',
  'login.microsoftonline.com/common/v2.0',
  'login.microsoftonline.com/organizations/v2.0',
  // Personal accounts.
  'login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0',
])

const isPublic = (issuer: Issuer): boolean => publicIssuers.has(nameOfIssuer(issuer).replace(/^https:\/\/|\/$/g, ''))

/** A pattern that begins with a whole name after its first separator: `repo:acme/*`, and not `repo:*` or `repo:acme*`. */
const ofOneOwner = /^[^*:/]+[:/][^*:/]+[:/@]/

/** The problems of an issuer's patterns, by their place in the list. */
export function wrongPatterns(issuer: Issuer): readonly { at?: number; message: string; fix: string }[] {
  if (!isPublic(issuer)) return []
  const example = kindOf(issuer) === 'github' ? 'repo:acme/*' : 'project_path:acme/*'
  const fix = `list the subjects that may be agents of yours, such as \`"expected": ["${example}"]\``
  if (issuer.expected === undefined)
    return [{ message: 'any account of the internet gets tokens of this issuer, and `expected` is missing', fix }]
  return issuer.expected.flatMap((pattern, at) =>
    pattern.includes('*') && !ofOneOwner.test(pattern)
      ? [
          {
            at,
            message: `\`${pattern}\` admits subjects of strangers`,
            fix: `name one owner in front of \`*\`: \`${example}\``,
          },
        ]
      : [],
  )
}
