import { type Follow, pauseOf } from '../../domain/policy/follow.ts'
import type { EndRun } from '../../domain/record/commands.ts'
import type { Ask, Run } from '../../domain/record/request.ts'
import { defined, type RequestId } from '../../domain/values.ts'
import type { RunFollower, RunSeen } from '../../targets/reach.ts'
import { type PlacePorts, placeOf } from '../credentials/place.ts'
import { faultName } from '../faults.ts'
import { carryOut, endIfOver } from '../record/carry-out.ts'
import type { DecidingPorts } from '../record/ports.ts'

export type FollowPorts = DecidingPorts & PlacePorts & { follower: RunFollower }

/** Characters of a note on record. */
const longestNote = 500

/**
 * One look at a run, as often as it is called. A look that fails ends nothing, until `atMost` has passed. A run whose
 * request has ended, or that acts as another role than was approved, is stopped, if the entry has a way.
 * @returns the seconds until the next look; without them the run has ended
 */
export async function followRun(id: RequestId, ports: FollowPorts): Promise<{ seconds?: number }> {
  // A halt since then ends the request, and so the run.
  await endIfOver(id, ports, ({ ask }) => placeOf(ask, ports))
  const stored = await ports.requests.load(id)
  const { run, ask, status } = stored?.state ?? {}
  if (!ask || run?.status !== 'running') return {}
  const follow = ports.policy.bundle.actions[ask.action]?.follow
  const seen = await look(ask, run, ports)
  if (seen?.otherRole !== undefined) ports.log.error('run_as_other_role', { request: id, role: seen.otherRole })
  const now = ports.clock.now()
  const end = endOf(seen, now > run.atMost, { follow, run })
  if (end) {
    await carryOut(id, ports, () => ({ type: 'end_run', ...end }))
    if (end.status === 'unknown') ports.log.error('run_unknown', { request: id })
    return {}
  }
  // A way to stop may name no run, such as the stack's last update.
  if (seen && (status !== 'approved' || seen.otherRole !== undefined)) await cancel(ask, run, ports)
  return { seconds: pauseOf(follow, run, now) }
}

/** Undefined if it cannot be read now. */
async function look(ask: Ask, { id }: Run, { follower, log }: FollowPorts): Promise<RunSeen | undefined> {
  try {
    return await follower.look(ask, id)
  } catch (fault) {
    log.warn('run_not_read', { request: ask.id, fault: faultName(fault) })
    return undefined
  }
}

function endOf(
  seen: RunSeen | undefined,
  isLate: boolean,
  { follow, run }: { follow: Follow | undefined; run: Run },
): Pick<EndRun, 'status' | 'note'> | undefined {
  if (seen?.seen === 'ended') {
    const { succeeded, note, otherRole } = seen
    if (otherRole === undefined)
      return { status: succeeded ? 'succeeded' : 'failed', ...defined({ note: note?.slice(0, longestNote) }) }
    const words = `run_role_changed: it acted as \`${otherRole}\`, which was not approved${note === undefined ? '' : `; ${note}`}`
    return { status: 'failed', note: words.slice(0, longestNote) }
  }
  if (!isLate) return undefined
  return {
    status: 'unknown',
    note: `its end was not seen in time: look at \`${follow?.action ?? 'the target'}\` of ${run.id}`,
  }
}

async function cancel(ask: Ask, { id }: Run, { follower, log }: FollowPorts): Promise<void> {
  try {
    if ((await follower.cancel(ask, id)) === 'none') log.warn('run_not_stoppable', { request: ask.id })
  } catch (fault) {
    log.warn('run_not_stopped', { request: ask.id, fault: faultName(fault) })
  }
}
