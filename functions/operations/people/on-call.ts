// Rules: test/operations/people/groups.test.ts
import type { OnCall } from '../../domain/cards/on-call-view.ts'
import { mayDecideAsMember } from '../../domain/deciding/questions.ts'
import { countingGroups, membersNow, type Readings, sourceOfGroup } from '../../domain/people/group-source.ts'
import { personOf } from '../../domain/policy/bundle.ts'
import { fillingOf } from '../../domain/policy/filling.ts'
import { type ApprovalRequest, barredFrom, openStage } from '../../domain/record/request.ts'
import { defined, type NumericDate } from '../../domain/values.ts'
import type { Policy } from '../policy/ports.ts'
import type { Clock } from '../ports.ts'
import { type ReadingPorts, readReadings } from './list-groups.ts'

/** Empty, without a read, if no group with a source counts at this tier. */
export async function readingsFor(state: ApprovalRequest, ports: ReadingPorts): Promise<Readings> {
  const { directory } = ports.policy.bundle
  const counts =
    state.status === 'pending' && countingGroups(directory, { action: 'approve', tier: state.tier }).length > 0
  return counts ? readReadings(ports) : {}
}

export const findOnCall = async (
  state: ApprovalRequest,
  ports: ReadingPorts & { clock: Clock },
): Promise<readonly OnCall[]> => whoIsOnCall(state, ports.policy, await readingsFor(state, ports), ports.clock.now())

/** The people on call. Policy is asked about each with that group only. */
export function whoIsOnCall(
  state: ApprovalRequest,
  policy: Policy,
  readings: Readings,
  now: NumericDate,
): readonly OnCall[] {
  const { directory } = policy.bundle
  const stage = openStage(state)
  if (!stage) return []
  const isAble = ({ id, status }: { id: string; status: string }) =>
    status === 'active' && !barredFrom(state).some((barred) => barred === id)
  const example = directory.people.find(isAble)?.id
  if (example === undefined) return []
  return countingGroups(directory, { action: 'approve', tier: state.tier })
    .filter((group) =>
      fillingOf(stage).names.some((name) => mayDecideAsMember(policy, state, name, { example, group }, now)),
    )
    .flatMap((group) => {
      const source = sourceOfGroup(directory, group)
      const members = membersNow(directory, group, readings, now)
        .filter(({ person }) => isAble(personOf(policy.bundle, person) ?? { id: person, status: 'gone' }))
        .map(({ person, until }) => ({ person, ...defined({ until }) }))
      return source ? [{ group, by: source.kind.by, members }] : []
    })
}
