import * as z from 'zod'
import { GroupSource, type Source, sourceKinds, sourceOf } from '../../group-sources/kinds.ts'
import type { PersonAction } from '../policy/question.ts'
import { Alias, NumericDate, PersonId } from '../values.ts'
import type { Directory } from './organisation.ts'

/** Where members of a group come from beside those in the directory. */
export const SourcedGroup = z.strictObject({
  source: GroupSource,
  /** Its word counts for requests up to this tier. */
  tiers: z.int().min(0).max(100).default(1),
  /** Whether it lets people use break-glass. */
  breakGlass: z.boolean().default(false),
})
export type SourcedGroup = z.infer<typeof SourcedGroup>

/** From when and until when a source has a person in a group. */
export const SourcedMember = z.strictObject({
  person: PersonId,
  from: NumericDate.optional(),
  until: NumericDate.optional(),
})
export type SourcedMember = z.infer<typeof SourcedMember>

/** What a source said last of one group. */
export const GroupReading = z.strictObject({
  /** Its key: the word of another source does not count. */
  source: z.string(),
  members: z.array(SourcedMember),
  /** Of a schedule: all people in it, whether or not they are on call. Missing where the pager did not say. */
  rota: z.array(PersonId).optional(),
  /** Users of the source that no person of the directory is. */
  unknown: z.array(z.string()).optional(),
  readAt: NumericDate,
  /** Without a new answer the group is empty from then on. */
  holdsUntil: NumericDate,
})
export type GroupReading = z.infer<typeof GroupReading>
export type Readings = { readonly [group: string]: GroupReading }

/** The groups that a person's own login says they are in, and until when that counts. */
export const LoginGroups = z.strictObject({ groups: z.array(Alias), until: NumericDate })
export type LoginGroups = z.infer<typeof LoginGroups>

/** `saidUntil`: until when the word of a login on groups counts. Missing where the login says nothing of groups. */
export type GroupsSaid = { claimed?: LoginGroups | undefined; saidUntil?: NumericDate | undefined }

export type SourcesSaid = { readings?: Readings | undefined; claimed?: LoginGroups | undefined }

/** Groups whose source Hotwork reads; a claim comes with the login. */
export const groupsToRead = (directory: Directory): readonly string[] =>
  Object.keys(directory.sources ?? {}).filter((group) => sourceOfGroup(directory, group)?.kind.by !== 'login')

/** Undefined where a group has its people from the file alone. */
export function sourceOfGroup({ sources = {} }: Directory, group: string): Source | undefined {
  const sourced = ownOf(sources, group)
  return sourced && sourceOf(sourced.source)
}

export const loginHoldsUntil = ({ now, expiresAt }: { now: NumericDate; expiresAt: NumericDate }): NumericDate =>
  Math.min(expiresAt, now + sourceKinds.claim.holdsFor)

/** @param values the groups that a login names, under the names that its issuer has for groups */
export function loginGroups(
  { sources = {} }: Directory,
  values: readonly string[],
  made: { now: NumericDate; expiresAt: NumericDate },
): LoginGroups | undefined {
  const groups = Object.entries(sources)
    .filter(([, { source }]) => source.claim !== undefined && values.includes(source.claim))
    .map(([group]) => group)
  return groups.length === 0 ? undefined : { groups, until: loginHoldsUntil(made) }
}

/** Who the source has in the group now. Written so that NaN counts for nothing. */
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
 * Whether its source has a person in a group at any time: off shift too. Undefined where that is not known now: the login
 * says nothing of groups, or what the source said last is too old. Written so that NaN is not known.
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

/** What a member by a source may do: people who may edit it can add themselves, so each source has a bound. */
function counts({ tiers, breakGlass }: SourcedGroup, action: PersonAction, tier: number | undefined): boolean {
  switch (action) {
    case 'approve':
      return tier !== undefined && tier <= tiers
    case 'breakGlass':
      return breakGlass
    // Stopping is easy.
    case 'revoke':
      return true
    default:
      return false
  }
}

/** The groups that sources have a person in, as far as that counts for an act. */
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

/** The groups in which a source may put people for an act. */
export const countingGroups = (
  { sources = {} }: Directory,
  { action, tier }: { action: PersonAction; tier?: number | undefined },
): readonly string[] => Object.keys(sources).filter((group) => counts(sources[group] as SourcedGroup, action, tier))

const ownOf = <T>(of: { readonly [name: string]: T }, name: string): T | undefined =>
  Object.hasOwn(of, name) ? of[name] : undefined
