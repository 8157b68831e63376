import { type Follow, pauseOf } from '../../domain/policy/follow.ts'
import { placesOf } from '../../domain/policy/templates.ts'
import type { EndRun } from '../../domain/record/commands.ts'
import type { Ask, Run } from '../../domain/record/request.ts'
import { shownIn } from '../../domain/record/run-terms.ts'
import { type Digest, defined, type RequestId } from '../../domain/values.ts'
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
  const { run, ask, status, preview } = stored?.state ?? {}
  if (!ask || run?.status !== 'running') return {}
  const follow = ports.policy.bundle.actions[ask.action]?.follow
  const seen = await look(ask, run, shownIn(preview), ports)
  if (seen?.other !== undefined) ports.log.error('run_not_as_approved', { request: id, seen: seen.other })
  const now = ports.clock.now()
  // A way to stop may name no run, such as the stack's last update: then the run must be seen to go on.
  const mayStop = seen ? seen.seen === 'running' : namesRun(follow)
  if (mayStop && (status !== 'approved' || seen?.other !== undefined)) await cancel(ask, run, ports)
  const end = endOf(seen, now > run.atMost, { follow, run })
  if (end) {
    await carryOut(id, ports, () => ({ type: 'end_run', ...end }))
    if (end.status === 'unknown') ports.log.error('run_unknown', { request: id })
    return {}
  }
  return { seconds: pauseOf(follow, run, now) }
}

const namesRun = (follow: Follow | undefined): boolean => placesOf(JSON.stringify(follow?.cancel ?? {})).includes('run')

/** Undefined if it cannot be read now. */
async function look(
  ask: Ask,
  { id }: Run,
  shows: Digest | undefined,
  { follower, log }: FollowPorts,
): Promise<RunSeen | undefined> {
  try {
    return await follower.look(ask, id, shows)
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
    const { succeeded, note, other } = seen
    if (other === undefined)
      return { status: succeeded ? 'succeeded' : 'failed', ...defined({ note: note?.slice(0, longestNote) }) }
    const words = `run_not_as_approved: ${other}, which was not approved${note === undefined ? '' : `; ${note}`}`
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
