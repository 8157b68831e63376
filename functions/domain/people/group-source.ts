import * as z from 'zod'
import { GroupSource, type Source, sourceKinds, sourceOf } from '../../group-sources/kinds.ts'
import type { PersonAction } from '../policy/question.ts'
import { Alias, NumericDate, PersonId } from '../values.ts'
import type { Directory } from './organisation.ts'

/** The source of a group's members beside those in the directory. */
export const SourcedGroup = z.strictObject({
  source: GroupSource,
  /** The highest tier for which it counts. */
  tiers: z.int().min(0).max(100).default(1),
  /** Whether it permits break-glass. */
  breakGlass: z.boolean().default(false),
})
export type SourcedGroup = z.infer<typeof SourcedGroup>

/** A source's membership of one person in a group, with its start and end. */
export const SourcedMember = z.strictObject({
  person: PersonId,
  from: NumericDate.optional(),
  until: NumericDate.optional(),
})
export type SourcedMember = z.infer<typeof SourcedMember>

/** A source's last answer about one group. */
export const GroupReading = z.strictObject({
  /** The key of the source: a reading under a different key does not count. */
  source: z.string(),
  members: z.array(SourcedMember),
  /** All people of a schedule, on call or off. Absent if the pager did not answer that question. */
  rota: z.array(PersonId).optional(),
  /** Users of the source who are not in the directory. */
  unknown: z.array(z.string()).optional(),
  readAt: NumericDate,
  /** The time from which the group is empty without a new answer. */
  holdsUntil: NumericDate,
})
export type GroupReading = z.infer<typeof GroupReading>
export type Readings = { readonly [group: string]: GroupReading }

/** The groups in a person's own login, and the time until which they count. */
export const LoginGroups = z.strictObject({ groups: z.array(Alias), until: NumericDate })
export type LoginGroups = z.infer<typeof LoginGroups>

/** `saidUntil`: the time until which the login counts for groups. Absent if the login has no groups. */
export type GroupsSaid = { claimed?: LoginGroups | undefined; saidUntil?: NumericDate | undefined }

export type SourcesSaid = { readings?: Readings | undefined; claimed?: LoginGroups | undefined }

/** The groups whose source Hotwork reads. Claims come with the login. */
export const groupsToRead = (directory: Directory): readonly string[] =>
  Object.keys(directory.sources ?? {}).filter((group) => sourceOfGroup(directory, group)?.kind.by !== 'login')

/** Undefined if the group's members come from the file alone. */
export function sourceOfGroup({ sources = {} }: Directory, group: string): Source | undefined {
  const sourced = ownOf(sources, group)
  return sourced && sourceOf(sourced.source)
}

export const loginHoldsUntil = ({ now, expiresAt }: { now: NumericDate; expiresAt: NumericDate }): NumericDate =>
  Math.min(expiresAt, now + sourceKinds.claim.holdsFor)

/** @param values the groups that a login names, by the issuer's names */
export function pickLoginGroups(
  { sources = {} }: Directory,
  values: readonly string[],
  made: { now: NumericDate; expiresAt: NumericDate },
): LoginGroups | undefined {
  const groups = Object.entries(sources)
    .filter(([, { source }]) => source.claim !== undefined && values.includes(source.claim))
    .map(([group]) => group)
  return groups.length === 0 ? undefined : { groups, until: loginHoldsUntil(made) }
}

/** The members of the group now, by its source. The comparisons fail for NaN. */
export function membersNow(
  directory: Directory,
  group: string,
  readings: Readings | undefined,
  now: NumericDate,
): readonly SourcedMember[] {
  const [source, reading] = [sourceOfGroup(directory, group), ownOf(readings ?? {}, group)]
  if (!source || !reading || reading.source !== source.key || !(now < reading.holdsUntil)) return []
  return reading.members.filter(({ from, until }) => (from ?? now) <= now && now < (until ?? now + 1))
}

/**
 * Whether a source has the person in its group, on or off shift. Undefined if unknown: the login has no groups, or the
 * last answer is too old. The comparisons make NaN unknown.
 */
export function isEverMember(
  directory: Directory,
  subject: string,
  person: PersonId,
  { readings, claimed, saidUntil }: GroupsSaid & { readings: Readings | undefined },
  now: NumericDate,
): boolean | undefined {
  const group = subject.startsWith('group:') ? subject.slice('group:'.length) : ''
  const [source, reading] = [sourceOfGroup(directory, group), ownOf(readings ?? {}, group)]
  if (!source) return false
  const { kind, key } = source
  if (kind.by === 'login')
    return saidUntil !== undefined && now < saidUntil ? (claimed?.groups.includes(group) ?? false) : undefined
  if (!reading || reading.source !== key || !(now < reading.holdsUntil)) return undefined
  if (kind.by === 'schedule' && !reading.rota) return undefined
  return [...reading.members.map((member) => member.person), ...(reading.rota ?? [])].includes(person)
}

export const letsOpen = ({ breakGlass }: Pick<SourcedGroup, 'breakGlass'>): boolean => breakGlass

/**
 * Whether a source's membership counts for an act. The source's editors can add themselves, so each source has limits.
 */
function counts({ tiers, breakGlass }: SourcedGroup, action: PersonAction, tier: number | undefined): boolean {
  switch (action) {
    case 'approve':
      return tier !== undefined && tier <= tiers
    case 'breakGlass':
      return breakGlass
    // Revoking stops things, so membership always counts for it.
    case 'revoke':
      return true
    default:
      return false
  }
}

/** The groups that sources give a person, if they count for the act. */
export function groupsBySource(
  directory: Directory,
  person: PersonId,
  act: { action: PersonAction; tier?: number | undefined },
  { readings, claimed }: SourcesSaid,
  now: NumericDate,
): readonly string[] {
  return countingGroups(directory, act).filter((group) =>
    sourceOfGroup(directory, group)?.kind.by === 'login'
      ? claimed !== undefined && now < claimed.until && claimed.groups.includes(group)
      : membersNow(directory, group, readings, now).some((member) => member.person === person),
  )
}

/** The groups whose source counts for an act. */
export const countingGroups = (
  { sources = {} }: Directory,
  { action, tier }: { action: PersonAction; tier?: number | undefined },
): readonly string[] => Object.keys(sources).filter((group) => counts(sources[group] as SourcedGroup, action, tier))

const ownOf = <T>(of: { readonly [name: string]: T }, name: string): T | undefined =>
  Object.hasOwn(of, name) ? of[name] : undefined
