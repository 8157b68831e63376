// Rules: test/policies/ladder.test.ts
import type { NumericDate, PersonId, Verdict } from '../values.ts'
import type { Stage } from './ladder.ts'

/** A stage of the ladder, or of a request with decisions and escalation. */
type Fillable = {
  readonly terms: Pick<Stage, 'name' | 'quorum' | 'onSilence'>
  readonly decisions?: readonly { readonly person: PersonId; readonly verdict: Verdict }[]
  readonly escalatedAt?: NumericDate | undefined
}

export type Filling = {
  /** The names under which a person may approve it now: its own and, once escalated, its escalation's. */
  names: readonly string[]
  /** The names under which a person may ever approve it, and may deny it now. */
  allNames: readonly string[]
  approvers: readonly PersonId[]
  /** The number of approvals still missing. */
  missing: number
  /** The people who could fill it now, and those who could once it escalates. */
  own: readonly PersonId[]
  wider: readonly PersonId[]
}

/**
 * The filling of a stage by people who each take one seat of its quorum.
 *
 * @param eligible the people that policy lets approve, by stage name
 */
export function fillingOf(
  { terms: { name, quorum, onSilence }, decisions = [], escalatedAt }: Fillable,
  eligible: { readonly [name: string]: readonly PersonId[] } = {},
): Filling {
  const wider = onSilence === 'expire' ? [] : [onSilence.escalateTo]
  const approvers = decisions.flatMap(({ person, verdict }) => (verdict === 'approve' ? [person] : []))
  return {
    names: escalatedAt === undefined ? [name] : [name, ...wider],
    allNames: [name, ...wider],
    approvers,
    missing: Math.max(0, quorum - approvers.length),
    own: eligible[name] ?? [],
    wider: wider.flatMap((each) => eligible[each] ?? []),
  }
}

export const namesOfTier = ({ stages }: { stages: readonly Stage[] }): readonly string[] => [
  ...new Set(stages.flatMap((terms) => fillingOf({ terms }).allNames)),
]

export const seatsIn = (stages: readonly Pick<Stage, 'quorum'>[]): number =>
  stages.reduce((sum, { quorum }) => sum + quorum, 0)

/** `quorum` seats, each for a different one of `people`. */
type Seats = { readonly quorum: number; readonly people: Iterable<string> }

/**
 * Whether all seats can be taken by different people, so that stages do not count one person twice. Kuhn's bipartite
 * matching.
 */
export function canFill(stages: readonly Seats[]): boolean {
  const [only] = stages
  if (only && stages.length === 1) return new Set(only.people).size >= only.quorum
  const choices = stages.flatMap(({ quorum, people }) => Array.from({ length: quorum }, () => [...new Set(people)]))
  const seatOf = new Map<string, number>()

  const take = (seat: number, tried: Set<string>): boolean => {
    for (const person of choices[seat] ?? []) {
      if (tried.has(person)) continue
      tried.add(person)
      const taken = seatOf.get(person)
      if (taken === undefined || take(taken, tried)) {
        seatOf.set(person, seat)
        return true
      }
    }
    return false
  }
  return choices.every((_, seat) => take(seat, new Set()))
}
