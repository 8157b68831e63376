// Rules: test/operations/agents/recertify.test.ts
import { openingRulesOf } from '../break-glass/break-glass.ts'
import type { Bundle } from '../policy/bundle.ts'
import { defined, type NumericDate } from '../values.ts'
import { Subject } from './agent-file.ts'

/** The date by which each subject must be recertified, as the files say. A subject without a date never needs it. */
export function datesInFiles({ agents, directory, deployment, ...rules }: Bundle): ReadonlyMap<Subject, NumericDate> {
  const { people, recertifyGroups = {} } = directory
  const dates: (readonly [Subject, NumericDate | undefined])[] = [
    ...agents.map(({ id, recertifyBy }) => [id, recertifyBy] as const),
    ...people.map(({ id, recertifyBy }) => [id, recertifyBy] as const),
    ...Object.entries(recertifyGroups).map(([group, date]) => [subjectOf('group', group), date] as const),
    ...Object.entries(deployment.accounts).map(
      ([account, { sealed }]) => [subjectOf('sealed', account), sealed?.recertifyBy] as const,
    ),
    ...(openingRulesOf(rules)?.profiles ?? []).map(
      ({ name, recertifyBy }) => [subjectOf('profile', name), recertifyBy] as const,
    ),
  ]
  return new Map(dates.flatMap(([subject, date]) => (date === undefined ? [] : [[subject, date] as const])))
}

export const subjectOf = (kind: 'group' | 'sealed' | 'profile', name: string): Subject => `${kind}:${name}`

/** A subject for emergencies: past its date people are told, and it stays usable. */
export const isOnlyTold = (subject: Subject): boolean => /^(?:sealed|profile):/.test(subject)

/** The later of the two dates: a person cannot shorten what the files allow. */
export const recertifyByOf = (inFiles: NumericDate, certified: NumericDate | undefined): NumericDate =>
  Math.max(inFiles, certified ?? 0)

/**
 * The bundle with recertifications applied: agents and people have their dates, an overdue person or one who left is
 * inactive, and an overdue group is empty. `until` is the next change of that, without agents, whose dates each
 * decision reads.
 */
export function bundleAsOf(
  bundle: Bundle,
  certified: ReadonlyMap<Subject, NumericDate>,
  now: NumericDate,
): { bundle: Bundle; until: NumericDate } {
  const { directory } = bundle
  const dates = [...datesInFiles(bundle)]
    .filter(([subject]) => !isOnlyTold(subject))
    .map(([subject, date]) => [subject, recertifyByOf(date, certified.get(subject))] as const)
  const leave = directory.people.flatMap(({ leavesOn }) => leavesOn ?? [])
  const ends = [...dates.filter(([subject]) => !subject.startsWith('agent:')).map(([, date]) => date), ...leave]
  const until = Math.min(...ends.filter((date) => date > now), Number.MAX_SAFE_INTEGER)
  const recertifyBy = new Map(dates)
  const isOver = (subject: Subject) => (recertifyBy.get(subject) ?? Number.POSITIVE_INFINITY) <= now
  if (certified.size === 0 && ends.every((date) => date > now)) return { bundle, until }
  const without = <T>(groups: { readonly [group: string]: T }, keep: (group: string, value: T) => T | undefined) =>
    Object.fromEntries(
      Object.entries(groups).flatMap(([group, value]) => {
        const kept = isOver(subjectOf('group', group)) ? keep(group, value) : value
        return kept === undefined ? [] : [[group, kept]]
      }),
    )
  return {
    until,
    bundle: {
      ...bundle,
      agents: bundle.agents.map((agent) => ({ ...agent, recertifyBy: recertifyBy.get(agent.id) ?? agent.recertifyBy })),
      directory: {
        ...directory,
        people: directory.people.map((person) => ({
          ...person,
          ...defined({ recertifyBy: recertifyBy.get(person.id) }),
          ...(isOver(person.id) || (person.leavesOn ?? now + 1) <= now ? { status: 'inactive' as const } : {}),
        })),
        groups: without(directory.groups, () => []),
        ...(directory.sources ? { sources: without(directory.sources, () => undefined) } : {}),
      },
    },
  }
}

export const parseSubject = (text: string): Subject | undefined => Subject.safeParse(text).data
